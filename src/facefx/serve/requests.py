"""What is asked of a picture: the options of each address, checked, as values of the library."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ..chains.look_file import steps_of
from ..chains.look_text import parsed
from ..chains.ready_looks import looks
from ..chains.sequence import Chain, load_look
from ..chains.steps import Step, make_step
from ..declare.declarations import AnalyzerSpec
from ..errors import LookError, ParameterError, UnknownName
from ..held_files import PREFIX
from ..shown import shown

__all__ = ["FORMATS", "WANTED", "Analyzing", "Applying", "Option", "Parsing", "chain_asked_for", "options_of"]

#: What pictures are answered as, by the name that asks for it: Pillow's name of it, and its media type.
FORMATS = {
    "jpeg": ("JPEG", "image/jpeg"),
    "png": ("PNG", "image/png"),
    "webp": ("WEBP", "image/webp"),
    "tiff": ("TIFF", "image/tiff"),
    "avif": ("AVIF", "image/avif"),
}
#: What parsing answers.
WANTED = ("faces", "labels", "overlay", "mask", "masks")
_UPLOAD = "upload:"
_MOST_LOOK = 2**17


@dataclass(frozen=True)
class Option:
    """An option of an address: its JSON Schema, and how its text is read.

    Attributes
    ----------
    schema : in JSON Schema, with what it means as its description.
    """

    schema: Mapping[str, Any]

    def read(self, name: str, text: str) -> Any:
        """The value that a text means. Raises `ParameterError`."""
        kind = self.schema.get("type")
        value: Any = text
        if kind in ("integer", "number"):
            form = r"-?[0-9]{1,9}" if kind == "integer" else r"-?[0-9]{1,9}(\.[0-9]{1,9})?"
            if not re.fullmatch(form, text):
                raise self._refusal(name, text)
            value = int(text) if kind == "integer" else float(text)
            if not self.schema["minimum"] <= value <= self.schema["maximum"]:
                raise self._refusal(name, text)
        elif "enum" in self.schema and text not in self.schema["enum"]:
            raise self._refusal(name, text)
        return value

    def _refusal(self, name: str, text: str) -> ParameterError:
        if "enum" in self.schema:
            allowed = "one of " + ", ".join(self.schema["enum"])
        else:
            number = "a whole number" if self.schema["type"] == "integer" else "a number"
            allowed = f"{number} from {self.schema['minimum']} to {self.schema['maximum']}"
        return ParameterError(f"{name}={shown(text)} is not allowed; it takes {allowed}")


def _option(default: Any, meaning: str, **schema: Any) -> Any:
    described = {"description": meaning, **schema} | ({} if default is None else {"default": default})
    return field(default=default, metadata={"option": Option(described)})


@dataclass(frozen=True)
class Applying:
    """What ``POST /v1/apply`` is asked."""

    look: str = _option(
        "[]",
        'A ready look\'s name; or JSON: a look as Chain.save writes it, or a list of steps, each {"use": EFFECT, "params": {...}}. '
        "A parameter that takes a picture or a table names a file of the form, upload:NAME.",
        type="string",
    )
    format: str | None = _option(None, "Of the answer; by default the picture's own.", type="string", enum=list(FORMATS))
    file_quality: int = _option(95, "Of JPEG, WebP and AVIF.", type="integer", minimum=1, maximum=100)
    min_confidence: float = _option(
        0.0, "Leave faces alone whose region the segmenter is less sure of.", type="number", minimum=0, maximum=1
    )
    no_face: str = _option(
        "error", "A picture without a face is an error, or comes back as it is.", type="string", enum=["error", "copy"]
    )


@dataclass(frozen=True)
class Parsing:
    """What ``POST /v1/parse`` is asked."""

    want: str = _option(
        "faces",
        "faces: their boxes and what of them is seen, as JSON; labels: a PNG whose values are the indices of the parts; overlay: a "
        "PNG with the parts tinted; mask: a grey PNG of one region; masks: a ZIP of a grey PNG for each part that is seen.",
        type="string",
        enum=list(WANTED),
    )
    region: str = _option(
        "person", "For mask: a region or part, or several joined by +, such as lips or left_eye+right_eye.", type="string"
    )
    scheme: str | None = _option(
        None, "For labels, overlay and masks: the index order; by default the segmenter's own.", type="string"
    )


@dataclass(frozen=True)
class Analyzing:
    """What ``POST /v1/analyze`` is asked: nothing."""


def options_of(kind: type[Any], given: Mapping[str, str]) -> Any:
    """An `Applying`, `Parsing` or `Analyzing` of what was given as text. Raises `ParameterError`."""
    known: dict[str, Option] = {one.name: one.metadata["option"] for one in fields(kind)}
    for name in given:
        if name not in known:
            raise ParameterError(f"there is no option {shown(name)} here; there are: {', '.join(known) or 'none'}")
    return kind(**{name: known[name].read(name, text) for name, text in given.items()})


def chain_asked_for(look: str, files: Mapping[str, bytes], most_steps: int) -> Chain:
    """The chain that the option ``look`` means; its pictures and tables are among the files that came, never the server's own.

    Raises
    ------
    LookError, ParameterError, UnknownName
    """
    text = look.strip()
    if len(text) > _MOST_LOOK:
        raise LookError(f"the look has more than {_MOST_LOOK} characters")
    if not text.startswith(("[", "{")):
        if text not in looks():
            raise UnknownName("look", text[:60], looks())
        return load_look(text)
    value = parsed(text, is_json=True)
    chain = Chain(*steps_of({"facefx_look": 1, "steps": value} if isinstance(value, list) else value))
    if len(chain.steps) > most_steps:
        raise LookError(f"the look has {len(chain.steps)} steps, where this server allows {most_steps}")
    if measuring := [step.name for step in chain.steps if isinstance(step.spec, AnalyzerSpec)]:
        raise LookError(f"{measuring[0]} measures and changes nothing; ask /v1/analyze")
    return Chain(tuple(_with_held_files(step, files) for step in chain.steps), chain.seed)


def _with_held_files(step: Step, files: Mapping[str, bytes]) -> Step:
    changed = {}
    for name, parameter in step.spec.parameters.items():
        value = str(step.params[name])
        if parameter.kind not in ("picture", "cube") or not value:
            continue
        upload = value.removeprefix(_UPLOAD)
        if not value.startswith(_UPLOAD) or upload not in files:
            there = ", ".join(_UPLOAD + file for file in sorted(files)) or "none"
            raise ParameterError(
                f"{step.name}: {name}={shown(value)} names no file that came along; send it in the form and write "
                f"upload:NAME; came: {there}"
            )
        changed[name] = PREFIX + upload
    return make_step(step.name, {**step.params, **changed}) if changed else step
