"""What a run leaves behind, and taking it up again."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch
from torch import nn

from facefx.errors import ModelError

from ..networks import Segmenter, build
from ..networks.layers import channels_last
from .config import Config

__all__ = ["BEST", "latest_checkpoint", "load_averaged", "load_weights", "network_of", "take_over"]

_log = logging.getLogger(__name__)
#: The checkpoint with the highest mean F1 on the validation pictures, beside those that a run goes on from.
BEST = "best.ckpt"
_AVERAGED = "averaged.module."


def network_of(config: Config, *, pretrained: bool = True) -> Segmenter:
    """The network that a configuration asks for."""
    return channels_last(build(config.family, len(config.labels), pretrained=pretrained, **config.options))


def latest_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint of a run, if it has any; the best one does not count."""
    paths = (path for path in folder.glob("*.ckpt") if path.name != BEST)
    return max(paths, key=lambda path: path.stat().st_mtime, default=None)


def load_averaged(folder: Path, *, best: bool = False) -> tuple[Config, Segmenter, dict[str, Any]]:
    """The configuration of a run, its network with the averaged weights of the newest checkpoint or the best one, and how far that
    had come: `epochs`, `steps`, `minutes`, `hardware`.

    Raises
    ------
    ModelError
        The folder holds no such checkpoint.
    """
    path = folder / BEST if best else latest_checkpoint(folder)
    if path is None or not path.exists():
        kind = "checkpoint of a validation" if best else "checkpoint"
        raise ModelError(f"{folder} holds no {kind}; train into it first: facefx-train train --into {folder} ...")
    config = Config.load(folder / "config.json")
    network = network_of(config, pretrained=False)
    checkpoint = load_weights(network, path)
    reached = {
        "epochs": checkpoint["epoch"],
        "steps": checkpoint.get("steps", checkpoint["global_step"]),
        "minutes": checkpoint["seconds"] / 60,
        "hardware": checkpoint.get("hardware", "CPU"),
    }
    return config, network.eval(), reached


def load_weights(network: nn.Module, path: Path) -> dict[str, Any]:
    """Give a network the averaged weights of a checkpoint, and return all that the checkpoint holds."""
    checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    state = {name.removeprefix(_AVERAGED): value for name, value in checkpoint["state_dict"].items() if name.startswith(_AVERAGED)}
    network.load_state_dict(state)
    return checkpoint


def take_over(network: nn.Module, run: Path) -> None:
    """Start from another run's weights, those of them that this network has too: all of them, or a shared encoder's."""
    _, other, _ = load_averaged(run)
    own, given = network.state_dict(), other.state_dict()
    fitting = {name: value for name, value in given.items() if name in own and own[name].shape == value.shape}
    if not fitting:
        raise ModelError(f"{run} shares no weight with this network; start from a run of the same family or encoder.")
    network.load_state_dict({**own, **fitting})
    _log.info("starting from %s: %d of %d tensors", run, len(fitting), len(own))
