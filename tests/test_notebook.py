"""Effects that nobody installed: used in a chain as they were declared, registered, or from a file."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest

import facefx
from cli_helpers import run
from facefx import LookError, ParameterError, PluginError, Range, analyzer, chain, effect
from facefx.cli.exit_codes import ExitCode
from facefx.plugins.files import ENVIRONMENT
from facefx.plugins.installed import Registry, use_file


@effect(region="lips")
def darken_lips(
    image: np.ndarray, mask: np.ndarray, *, strength: Annotated[float, Range(0, 1), "how much darker"] = 0.3
) -> np.ndarray:
    """Darken the lips."""
    return image * (1 - strength)


@analyzer
def box_area(face: Any) -> dict[str, Any]:
    """Measure the face's box."""
    return {"area": face.box.area}


FILE = '''
from typing import Annotated
from facefx import Range, analyzer, effect

@effect(region="lips")
def darken_lips(image, mask, *, strength: Annotated[float, Range(0, 1), "how much darker"] = 0.3):
    """Darken the lips."""
    return image * (1 - strength)

@analyzer
def box_area(face):
    """Measure the face's box."""
    return {"area": face.box.area}
'''


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_registry: Registry) -> Path:
    monkeypatch.setenv(ENVIRONMENT, "")  # put back at the end
    monkeypatch.setenv("FACEFX_PLUGINS", "on")
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    return path


def test_a_declared_effect_is_the_function_that_it_was() -> None:
    image = np.full((2, 2, 3), 0.5, np.float32)
    assert darken_lips(image, None, strength=0.5).max() == 0.25


def test_a_declared_effect_is_a_step_at_once(portrait: np.ndarray, fakes: object) -> None:
    with pytest.raises(ParameterError, match="strength=2"):
        chain(darken_lips, strength=2)
    look = chain(darken_lips, strength=0.5).then(box_area)
    result = look.run(portrait)
    lips = result.scene.faces[0].mask("lips") == 1
    assert result.image[lips] == pytest.approx(portrait[lips] / 2, abs=1)
    assert result.reports[0]["box_area"]["area"] == pytest.approx(result.scene.faces[0].box.area)


def test_what_is_no_step_is_refused() -> None:
    with pytest.raises(ParameterError, match="given was a _ArrayFunctionDispatcher"):
        chain(np.mean)  # type: ignore[arg-type]


def test_a_look_without_a_home_is_not_saved_and_says_why(tmp_path: Path, fresh_registry: Registry) -> None:
    with pytest.raises(LookError, match=r"'darken_lips' has no home.*facefx\.register\(darken_lips\)"):
        chain(darken_lips).save(tmp_path / "look.json")
    assert not list(tmp_path.iterdir())
    with pytest.raises(LookError, match="has no home"):
        pickle.dumps(chain(darken_lips))


@pytest.mark.slow
def test_registering_gives_a_home_in_this_process(tmp_path: Path, fresh_registry: Registry) -> None:
    before = chain(darken_lips)
    assert facefx.register(darken_lips) is darken_lips
    facefx.register(darken_lips)  # a notebook's cell, run again
    facefx.register(box_area)
    look = chain("darken_lips", strength=0.4).then("session:box_area")
    assert look.steps[0].name == "session:darken_lips" == chain(darken_lips).steps[0].name
    assert before.steps[0].name == "darken_lips"
    path = look.save(tmp_path / "look.json")
    assert facefx.load_look(path).to_dict() == look.to_dict()
    assert [p.offers for p in fresh_registry.plugins if p.distribution == "session"] == [("darken_lips",), ("box_area",)]
    code = f"import facefx; facefx.load_look({str(path)!r})"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert "'session', which is not here; it was registered in the process that saved the look" in other.stderr


def test_only_declared_functions_can_be_registered() -> None:
    with pytest.raises(PluginError, match="'mean' cannot be registered; allowed is a function under"):
        facefx.register(np.mean)  # type: ignore[type-var]


@pytest.mark.slow
def test_a_file_is_a_plugin_for_the_command_line_and_its_children(
    mine: Path, tmp_path: Path, portrait: np.ndarray, fakes: object
) -> None:
    photo = facefx.save_image(portrait, tmp_path / "photo.png")
    out = tmp_path / "out.png"
    options = ("--plugin", mine, "--effect", "darken_lips:strength=0.5", "--effect", "box_area")
    result = run("apply", photo, "-o", out, *options)
    assert result.exit_code == 0, result.stderr
    ((face,),) = (entry["faces"] for entry in json.loads(result.stdout))
    assert set(face) == {"face", "box_area"}
    assert not np.array_equal(facefx.open_image(out).rgb, facefx.open_image(photo).rgb)
    assert os.environ[ENVIRONMENT] == str(mine)
    code = "import facefx; print(facefx.chain('darken_lips').steps[0].name)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert child.stdout.strip() == "mine:darken_lips"
    assert "mine" in run("plugins").stdout


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise KeyError('x')", "KeyError"),
        ("x = 1", "declares nothing"),
        (
            "from facefx import effect\n@effect(kind='odd')\ndef e(image):\n    return image\n",
            "kind='odd' is not allowed; allowed are paint",
        ),
    ],
)
def test_a_broken_file_is_an_error(content: str, problem: str, mine: Path, fresh_registry: Registry) -> None:
    mine.write_text(content)
    with pytest.raises(PluginError, match=problem):
        use_file(mine)
    assert not os.environ[ENVIRONMENT]
    result = run("effects", "--plugin", mine)
    assert result.exit_code != 0
    assert "mine.py" in result.stderr.replace("\n", "")


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path, mine: Path) -> None:
    with pytest.raises(PluginError, match="is no Python file"):
        use_file(tmp_path / "nowhere.py")


def test_files_are_off_where_plugins_are(mine: Path, monkeypatch: pytest.MonkeyPatch, fresh_registry: Registry) -> None:
    monkeypatch.setenv("FACEFX_PLUGINS", "off")
    with pytest.raises(PluginError, match="switched off"):
        use_file(mine)


def test_what_measures_only_is_refused_where_nothing_shows_it(tmp_path: Path) -> None:
    result = run("video", tmp_path / "in.mp4", tmp_path / "out.mp4", "--effect", "face_boxes")
    assert result.exit_code == ExitCode.USAGE
    assert "measures and changes nothing" in " ".join(result.stderr.replace("│", " ").split())
