"""facefx as a Hugging Face Space: a photo in, a look or one effect with its own controls, the picture and the masks out."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr
import numpy as np

import facefx
from facefx.plugins.installed import registry

EFFECTS = registry().effects.items
HIDDEN = {"faces", "reference", "picture", "cube"}  # what names files on the server is not for visitors


def with_look(photo: np.ndarray | None, look: str) -> np.ndarray | None:
    return _edited(photo, facefx.load_look(look))


def with_effect(photo: np.ndarray | None, effect: str, parameters: str) -> np.ndarray | None:
    try:
        given: Any = json.loads(parameters or "{}")
    except json.JSONDecodeError as error:
        raise gr.Error(f"the parameters are no JSON: {error}") from None
    if not isinstance(given, dict):
        raise gr.Error("the parameters are a JSON object, such as {}")
    if strange := sorted(given.keys() - visible(effect).keys()):
        raise gr.Error(f"{strange[0]!r} is no parameter of {effect} here")
    try:
        return _edited(photo, facefx.chain(effect, **given))
    except facefx.FacefxError as error:
        raise gr.Error(str(error)) from None


def masks(photo: np.ndarray | None) -> tuple[np.ndarray, list[tuple[np.ndarray, str]]] | None:
    if photo is None:
        return None
    scene = facefx.parse(photo)
    return photo, [(np.asarray(scene.mask(label)), label.value) for label in facefx.Label if label is not facefx.Label.BACKGROUND]


def visible(effect: str) -> dict[str, Any]:
    """The parameters that a visitor may set, with their defaults; none that opens a file."""
    return {name: p.default for name, p in EFFECTS[effect].parameters.items() if p.kind not in HIDDEN and name not in HIDDEN}


def _edited(photo: np.ndarray | None, chain: facefx.Chain) -> np.ndarray | None:
    return None if photo is None else chain.run(photo, require_face=False).image


with gr.Blocks(title="facefx") as demo:
    gr.Markdown("# facefx\nFaces parsed into soft regions, and effects on them. Nothing is kept.")
    with gr.Row():
        photo = gr.Image(label="photo", type="numpy", image_mode="RGB")
        result = gr.Image(label="result", type="numpy", format="png")
    with gr.Tab("Look"):
        look = gr.Dropdown(sorted(facefx.looks()), label="look", value=sorted(facefx.looks())[0])
        gr.Button("Apply").click(with_look, [photo, look], result)
    with gr.Tab("Effect"):
        effect = gr.Dropdown(sorted(EFFECTS), label="effect", value="facefx:recolor_lips")
        parameters = gr.Code(json.dumps(visible("facefx:recolor_lips"), indent=2), language="json", label="parameters")
        effect.change(lambda name: json.dumps(visible(name), indent=2), effect, parameters)
        gr.Button("Apply").click(with_effect, [photo, effect, parameters], result)
    with gr.Tab("Masks"):
        shown = gr.AnnotatedImage(label="masks")
        gr.Button("Parse").click(masks, photo, shown)

if __name__ == "__main__":
    demo.launch()
