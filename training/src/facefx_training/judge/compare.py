"""The leaderboard's figures: every model judged on the same pictures, measured once and kept."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..data import Pictures
from ..networks.onnx_graph import multiply_adds
from .entrant import Entrant
from .speed import relative_time

__all__ = ["compare"]

log = logging.getLogger(__name__)


def compare(
    models: Sequence[Entrant], pictures: Pictures, on: str, cache: Path | None = None, *, anew: bool = False
) -> list[dict[str, Any]]:
    """A row for each model, the best mean F1 end to end first, those with fewer classes than CelebAMask-HQ's 19 last.

    Scores that a model's card holds for these pictures (of `facefx-train evaluate --into-card`, which counts alike) are taken from
    there, the others measured.

    Parameters
    ----------
    models : what is judged.
    pictures : labelled in CelebAMask-HQ's order.
    on : what the pictures are, for the rows.
    cache : JSON file of rows that were measured before; those of the same model files on the same pictures are not measured again.
        Afterwards it holds the rows returned. None keeps nothing.
    anew : measure everything again, as after a change to detection or cropping, which neither cards nor cache can know of.

    Returns
    -------
    list of dict
        From the cards: `name`, `sha256`, `classes` (how many), `size` (input, pixels), `parameters`, `bytes`, `trained_on`
        (pictures by data set). `on`. `measured`: `end_to_end` and `given_crops` (None for an ensemble) as `Entrant.judge` gives
        them, `multiply_adds` for one picture, and `time` as a multiple of `speed.reference_network`'s.
    """
    kept = json.loads(cache.read_text("utf-8")) if cache and cache.exists() and not anew else []
    measured = {(row["sha256"], row["on"]): row["measured"] for row in kept}
    for model in models:
        key = (model.sha256, on)
        if key not in measured:
            log.info("judging %s on %s", model.name, on)
            measured[key] = _measure(model, pictures, {} if anew else _on_card(model, on))
            kept.append(_row(model, on, measured[key]))
            if cache:
                _write(cache, kept)  # now, so that an interrupted comparison goes on where it was
    today = {model.sha256: {} if anew else _on_card(model, on) for model in models}  # a card may be newer than what was kept
    rows = [_row(model, on, measured[model.sha256, on] | today[model.sha256]) for model in models]
    rows.sort(key=lambda row: (-row["classes"], -row["measured"]["end_to_end"]["mean_f1"]))
    if cache:
        _write(cache, rows)
    return rows


def _measure(model: Entrant, pictures: Pictures, scores: dict[str, Any]) -> dict[str, Any]:
    """What `compare` tells of a model; of the `scores` only those that are missing are measured."""
    contents = [(card.model_bytes(), card.input_size) for card in model.cards]
    for way, predict in {"end_to_end": model.end_to_end, "given_crops": model.given_crops}.items():
        if way not in scores:
            use = predict()
            scores[way] = model.judge(use, pictures)[0] if use else None
    return {
        **scores,
        "multiply_adds": sum(multiply_adds(content, size) for content, size in contents),
        "time": round(sum(relative_time(content, size) for content, size in contents), 2),
    }


def _on_card(model: Entrant, on: str) -> dict[str, Any]:
    """The scores that the card of a single model holds for these pictures."""
    if len(model.cards) > 1:
        return {}
    (card,) = model.cards
    ways = {"end_to_end": "end_to_end", "given_crops": f"whole_frame_{card.input_size[0]}"}
    found = {way: dict(card.scores[name]) for way, name in ways.items() if card.scores.get(name, {}).get("on") == on}
    return {way: {key: value for key, value in said.items() if key not in ("on", "by_condition")} for way, said in found.items()}


def _row(model: Entrant, on: str, measured: dict[str, Any]) -> dict[str, Any]:
    """What was measured of a model, and what its cards say today."""
    used = {name: about for card in model.cards for name, about in card.training.get("data", {}).items()}
    return {
        "name": model.name,
        "sha256": model.sha256,
        "on": on,
        "classes": len(model.scheme),
        "size": max(card.input_size[0] for card in model.cards),
        "parameters": sum(card.parameters for card in model.cards),
        "bytes": sum((card.folder / "model.onnx").stat().st_size for card in model.cards),
        "trained_on": _trained_on(used),
        "measured": measured,
    }


def _trained_on(used: dict[str, dict[str, Any]]) -> dict[str, int | None]:
    """Pictures by what a card calls a data set; a set that was used in several parts stands there once, with all of them."""
    pictures: dict[str, int | None] = {}
    for folder, about in used.items():
        name, more = _short(folder, about), about.get("pictures")
        pictures[name] = (pictures.get(name) or 0) + more if more else pictures.get(name)
    return pictures


def _short(folder: str, about: dict[str, Any]) -> str:
    """What a card calls a data set, up to the first comma."""
    return str(about.get("name", folder)).partition(",")[0]


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
