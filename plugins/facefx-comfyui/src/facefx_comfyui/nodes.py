"""The nodes: Parse, Region mask, Apply look, and one for each effect that is installed, made from its declaration.

ComfyUI's types: IMAGE is a tensor (B, H, W, 3) of floats in [0, 1], MASK one (B, H, W); of a picture that was cut out the mask is 1
where it is transparent, as that of ComfyUI's own Load Image. Faces are parsed anew in each node; a look is parsed for once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

import facefx
from facefx.declare.parameters import Parameter
from facefx.plugins.installed import registry

__all__ = ["ApplyLook", "Parse", "RegionMask", "effect_node", "node_classes", "node_titles"]

SCENES = "FACEFX_SCENES"
_DEFAULT = "default"
_QUALITIES = ["balanced", "fast", "best"]
#: What people ask for first, and then every single label.
_REGIONS = [*(region.value for region in facefx.Region), *(label.value for label in facefx.Label)]

Widget = tuple[Any, ...]


class Parse:
    """Finds the faces in each picture and parses them."""

    RETURN_TYPES = (SCENES, "MASK", "INT")
    RETURN_NAMES = ("scenes", "heads", "faces")
    FUNCTION = "parse"
    CATEGORY = "FaceFx"
    DESCRIPTION = (
        "Find the faces and parse them into regions: for Region mask. Also gives the mask of all heads, and how many faces."
    )

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"image": ("IMAGE",)}, "optional": _parser_widgets()}

    def parse(self, image: torch.Tensor, **parser: str) -> tuple[list[facefx.Scene], torch.Tensor, int]:
        scenes = [facefx.parse(picture, **_parser(parser)) for picture in _pictures(image)]
        return scenes, _masks(scenes, "head"), sum(len(scene.faces) for scene in scenes)


class RegionMask:
    """The mask of a region, of what Parse found."""

    RETURN_TYPES = ("MASK",)
    FUNCTION = "mask"
    CATEGORY = "FaceFx"
    DESCRIPTION = "The soft mask of a region in all pictures, over all faces or of one (0 is the largest)."

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        face = {"default": -1, "min": -1, "max": 1000, "tooltip": "-1: all faces; 0 the largest, 1 the next, ..."}
        return {"required": {"scenes": (SCENES,), "region": (_REGIONS, {"default": "face"}), "face": ("INT", face)}}

    def mask(self, scenes: list[facefx.Scene], region: str, face: int = -1) -> tuple[torch.Tensor]:
        chosen = scenes if face < 0 else [scene.of(scene.faces[face : face + 1]) for scene in scenes]
        return (_masks(chosen, region),)


class ApplyLook:
    """A look on each picture."""

    RETURN_TYPES = ("IMAGE", "MASK")
    FUNCTION = "apply"
    CATEGORY = "FaceFx"
    DESCRIPTION = (
        "One of the ready looks, or a look's file (.json, .yaml), on all faces. The mask is 1 where a cutout is transparent."
    )

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        names = sorted(facefx.looks())
        file = {"default": "", "tooltip": "the path of a look that was saved; it is used in place of the ready one"}
        return {
            "required": {"image": ("IMAGE",), "look": (names, {"default": names[0]})},
            "optional": {"look_file": ("STRING", file), **_parser_widgets()},
        }

    def apply(self, image: torch.Tensor, look: str, look_file: str = "", **parser: str) -> tuple[torch.Tensor, torch.Tensor]:
        return _run(facefx.load_look(look_file or look), image, parser)


def effect_node(full_name: str) -> type:
    """The node of an effect, by its full name, ``distribution:name``. Its inputs are the effect's parameters."""
    spec = registry().effects[full_name]

    def input_types(cls: type) -> dict[str, Any]:
        parameters = {name: _widget(parameter) for name, parameter in spec.parameters.items()}
        seed = {"seed": ("INT", {"default": 0, "min": 0, "max": 2**63 - 1})} if spec.random else {}
        return {"required": {"image": ("IMAGE",), **parameters, **seed}, "optional": _parser_widgets()}

    def apply(self: Any, image: torch.Tensor, **given: Any) -> tuple[torch.Tensor, torch.Tensor]:
        parser = {name: given.pop(name) for name in _parser_widgets() if name in given}
        seed = given.pop("seed", 0) if spec.random else 0
        return _run(facefx.Chain(seed=seed).then(full_name, **given), image, parser)

    members = {
        "INPUT_TYPES": classmethod(input_types),
        "RETURN_TYPES": ("IMAGE", "MASK"),
        "FUNCTION": "apply",
        "CATEGORY": "FaceFx/effects",
        "DESCRIPTION": spec.summary,
        "apply": apply,
        "__doc__": spec.summary,
    }
    return type("".join(word.title() for word in spec.name.split("_")), (), members)


def node_classes() -> dict[str, type]:
    """All nodes, by the names that workflows are saved with."""
    own = {"FaceFx Parse": Parse, "FaceFx Region mask": RegionMask, "FaceFx Apply look": ApplyLook}
    return own | {f"FaceFx {full}": effect_node(full) for full in sorted(registry().effects.items)}


def node_titles() -> dict[str, str]:
    """What the nodes are called on the screen; an effect of somebody else's says whose it is."""
    titles = {
        "FaceFx Parse": "FaceFx: parse",
        "FaceFx Region mask": "FaceFx: region mask",
        "FaceFx Apply look": "FaceFx: apply look",
    }
    for full in registry().effects.items:
        home, _, name = full.partition(":")
        titles[f"FaceFx {full}"] = f"FaceFx: {name.replace('_', ' ')}" + ("" if home == "facefx" else f" ({home})")
    return titles


def _widget(parameter: Parameter) -> Widget:
    """A parameter as ComfyUI shows it."""
    options: dict[str, Any] = {"default": parameter.default, "tooltip": parameter.help or parameter.allowed}
    if parameter.kind == "choice":
        return list(parameter.choices), options
    if parameter.range is not None:
        whole = parameter.kind == "int"
        low, high = parameter.range.low, parameter.range.high
        options |= {"min": int(low), "max": int(high)} if whole else {"min": low, "max": high, "step": round((high - low) / 100, 6)}
    kinds = {"bool": "BOOLEAN", "int": "INT", "float": "FLOAT"}
    if parameter.kind not in kinds:
        options["default"] = str(parameter.default)
    return kinds.get(parameter.kind, "STRING"), options


def _parser_widgets() -> dict[str, Widget]:
    found = registry()
    return {
        "segmenter": ([_DEFAULT, *sorted(found.segmenters.items)], {"default": _DEFAULT}),
        "detector": ([_DEFAULT, *sorted(found.detectors.items)], {"default": _DEFAULT}),
        "quality": (_QUALITIES, {"default": _QUALITIES[0]}),
    }


def _parser(given: dict[str, str]) -> dict[str, Any]:
    """What was chosen, as `facefx.parse` takes it. A plugin's segmenter may have no qualities: the default is not asked for."""
    chosen = {name: value for name, value in given.items() if value not in (_DEFAULT, _QUALITIES[0])}
    return dict.fromkeys(given) | chosen


def _run(chain: facefx.Chain, image: torch.Tensor, parser: dict[str, str]) -> tuple[torch.Tensor, torch.Tensor]:
    done = [chain.run(picture, require_face=False, **_parser(parser)).image for picture in _pictures(image)]
    pixels = torch.from_numpy(np.stack([picture[..., :3] for picture in done]))
    clear = [1 - picture[..., 3] if picture.shape[-1] == 4 else np.zeros(picture.shape[:2], np.float32) for picture in done]
    return pixels.to(image.device), torch.from_numpy(np.stack(clear)).to(image.device)


def _pictures(image: torch.Tensor) -> Iterator[np.ndarray]:
    """(H, W, 3) float32 RGB of each picture of a batch; of one with transparency, the colours."""
    for picture in image[..., :3].detach().cpu().float().numpy():
        yield np.ascontiguousarray(np.clip(picture, 0, 1))


def _masks(scenes: list[facefx.Scene], region: str) -> torch.Tensor:
    return torch.from_numpy(np.stack([np.array(scene.mask(region), np.float32) for scene in scenes]))
