"""The nodes, held against what ComfyUI documents of custom nodes: their properties, datatypes, images and masks."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="ComfyUI's tensors are torch's")

import facefx  # noqa: E402
from facefx.plugins import installed  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "samples" / "straight.jpg"


@pytest.fixture(autouse=True)
def _only_what_is_built_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("FACEFX_PLUGINS", "off")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    installed._find.cache_clear()
    yield
    installed._find.cache_clear()


@pytest.fixture(scope="module")
def picture() -> Any:
    """A batch of two: a portrait, and grey without a face."""
    rgb = np.asarray(facefx.open_image(SAMPLE).rgb)[::2, ::2]
    portrait = rgb.astype(np.float32) / (255 if rgb.dtype == np.uint8 else 1)
    return torch.from_numpy(np.stack([portrait, np.full_like(portrait, 0.5)]))


class Host:
    """A stand-in for ComfyUI: it makes a node, checks what it is given and gives against the declared types, and calls it."""

    def __init__(self, classes: dict[str, type]) -> None:
        self.classes = classes

    def run(self, name: str, **links: Any) -> tuple[Any, ...]:
        cls: Any = self.classes[name]
        declared = cls.INPUT_TYPES()
        assert set(declared) <= {"required", "optional", "hidden"}
        inputs = {}
        for group in ("required", "optional"):
            for key, widget in declared.get(group, {}).items():
                self.check_widget(key, widget)
                if key in links:
                    inputs[key] = links.pop(key)
                elif len(widget) > 1 and "default" in widget[1]:
                    inputs[key] = widget[1]["default"]
                else:
                    assert group == "optional", f"{name} needs {key}"
                self.check_value(widget, inputs[key])
        assert not links, links
        answer = getattr(cls(), cls.FUNCTION)(**inputs)
        assert isinstance(answer, tuple)
        assert len(answer) == len(cls.RETURN_TYPES)
        for kind, value in zip(cls.RETURN_TYPES, answer, strict=True):
            self.check_value((kind,), value)
        return answer

    @staticmethod
    def check_widget(key: str, widget: tuple[Any, ...]) -> None:
        assert key.isidentifier()
        kind, options = widget[0], widget[1] if len(widget) > 1 else {}
        if isinstance(kind, list):
            assert kind
            assert all(isinstance(choice, str) for choice in kind)
            assert options["default"] in kind
        elif kind in ("INT", "FLOAT"):
            assert options["min"] <= options["default"] <= options["max"]
        elif kind == "STRING":
            assert isinstance(options["default"], str)
        elif kind == "BOOLEAN":
            assert isinstance(options["default"], bool)
        else:
            assert kind in ("IMAGE", "MASK", "FACEFX_SCENES"), kind

    @staticmethod
    def check_value(widget: tuple[Any, ...], value: Any) -> None:
        kind = widget[0]
        if isinstance(kind, list):
            assert value in kind
        elif kind in ("IMAGE", "MASK"):
            assert value.dtype == torch.float32
            assert value.ndim == (4 if kind == "IMAGE" else 3)
            assert kind == "MASK" or value.shape[-1] == 3
            assert value.min() >= 0
            assert value.max() <= 1
        elif kind in ("INT", "FLOAT", "STRING", "BOOLEAN"):
            assert isinstance(value, {"INT": int, "FLOAT": (int, float), "STRING": str, "BOOLEAN": bool}[kind])


@pytest.fixture
def host() -> Host:
    from facefx_comfyui import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS, nodes

    assert set(NODE_DISPLAY_NAME_MAPPINGS) == set(NODE_CLASS_MAPPINGS)
    return Host(nodes.node_classes())


def test_every_node_says_what_comfyui_asks_for(host: Host) -> None:
    for name, cls in host.classes.items():
        node: Any = cls
        for group in node.INPUT_TYPES().values():
            for key, widget in group.items():
                host.check_widget(key, widget)
        assert isinstance(node.RETURN_TYPES, tuple), name
        assert callable(getattr(node, node.FUNCTION))
        assert node.CATEGORY.startswith("FaceFx")
    names = {f"FaceFx {full}" for full in installed.registry().effects.items}
    assert names <= set(host.classes)
    assert len(names) >= 36


def test_parse_and_region_mask(host: Host, picture: Any) -> None:
    scenes, heads, count = host.run("FaceFx Parse", image=picture)
    assert (len(scenes), heads.shape, count) == (2, picture.shape[:3], 1)
    (lips,) = host.run("FaceFx Region mask", scenes=scenes, region="lips")
    assert lips.shape == picture.shape[:3]
    np.testing.assert_array_equal(lips[0].numpy(), np.asarray(facefx.parse(picture[0].numpy()).mask("lips")))
    assert not lips[1].any()
    (first,) = host.run("FaceFx Region mask", scenes=scenes, region="lips", face=0)
    assert torch.equal(first[0], lips[0])
    (none,) = host.run("FaceFx Region mask", scenes=scenes, region="lips", face=1)
    assert not none.any()


def test_an_effect_is_what_python_makes_of_it(host: Host, picture: Any) -> None:
    done, mask = host.run("FaceFx facefx:recolor_lips", image=picture, color="#0050ff", strength=0.5)
    wanted = facefx.chain("recolor_lips", color="#0050ff", strength=0.5)(picture[0].numpy())
    np.testing.assert_array_equal(done[0].numpy(), wanted)
    assert torch.equal(done[1], picture[1])
    assert (done[0] != picture[0]).any()
    assert not mask.any()


def test_a_cutout_gives_its_mask_as_load_image_does(host: Host, picture: Any) -> None:
    _, mask = host.run("FaceFx facefx:cutout", image=picture)
    (person,) = host.run("FaceFx Region mask", scenes=host.run("FaceFx Parse", image=picture)[0], region="person")
    assert (1 - person[0] - mask[0]).abs().mean() < 0.01


def test_a_look_by_name_and_by_file(host: Host, picture: Any, tmp_path: Path) -> None:
    by_name, _ = host.run("FaceFx Apply look", image=picture, look="evening")
    file = facefx.load_look("evening").save(tmp_path / "mine.json")
    by_file, _ = host.run("FaceFx Apply look", image=picture, look_file=str(file))
    assert torch.equal(by_name, by_file)
    assert (by_name[0] != picture[0]).any()


def test_parsers_can_be_chosen_by_what_is_installed(host: Host, picture: Any) -> None:
    options = host.classes["FaceFx Parse"].INPUT_TYPES()["optional"]  # type: ignore[attr-defined]
    assert {"default", "facefx:unet-lite0", "facefx:unet2015"} <= set(options["segmenter"][0])
    assert {"facefx:finder", "facefx:whole_frame"} <= set(options["detector"][0])
    _, fast, _ = host.run("FaceFx Parse", image=picture[:1], quality="fast", detector="facefx:whole_frame")
    wanted = facefx.parse(picture[0].numpy(), quality="fast", detector="whole_frame").mask("head")
    np.testing.assert_array_equal(fast[0].numpy(), np.asarray(wanted))


def test_an_effect_of_another_plugin_appears_by_itself(host: Host, picture: Any) -> None:
    from facefx_comfyui import nodes

    path = ROOT / "plugins" / "facefx-example" / "src" / "facefx_example" / "__init__.py"
    spec = importlib.util.spec_from_file_location("facefx_example_for_nodes", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    installed.registry().add("facefx-example", "1.0.0", "example", module)
    found = Host(nodes.node_classes())
    name = "FaceFx facefx-example:frost_hair"
    assert nodes.node_titles()[name] == "FaceFx: frost hair (facefx-example)"
    assert found.classes[name].INPUT_TYPES()["required"]["grain"] == (  # type: ignore[attr-defined]
        "FLOAT",
        {"default": 0.3, "min": 0, "max": 1, "step": 0.01, "tooltip": "how much the flakes glitter"},
    )
    one, _ = found.run(name, image=picture[:1], seed=1)
    again, _ = found.run(name, image=picture[:1], seed=1)
    other, _ = found.run(name, image=picture[:1], seed=2)
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert not torch.equal(one, picture[:1])
