"""Looks: a chain as JSON can hold it, and the files that hold it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import FacefxError, LookError, OutputError
from ..image.files import write_file
from ..plugins.installed import registry
from ..shown import shown
from ..small_files import read_small
from .ready_looks import looks
from .steps import Step, make_step

__all__ = ["look_of", "read_look", "steps_of", "write_look"]

LOOK_FORMAT = 1
_JSON, _YAML = (".json",), (".yaml", ".yml")
#: What a look may hold, and a step in it.
_OF_LOOK, _OF_STEP = ("facefx_look", "summary", "seed", "steps"), ("use", "version", "params")
#: A look of a hundred steps has 30,000.
_MOST_BYTES = 2**20


def look_of(steps: Sequence[Step], seed: int) -> dict[str, Any]:
    """The look: full names, versions, and every parameter. Raises `LookError` for a step that nobody could find again."""
    for step in steps:
        if not step.has_home:
            raise LookError(
                f"the step {step.name!r} has no home: it was put into the chain as a function, so the look could not be loaded "
                f"again. Call facefx.register({step.name}) before, which gives it one in this process, or put it into a plugin"
            )
    saved = [{"use": step.name, "version": step.spec.version, "params": dict(step.params)} for step in steps]
    return {"facefx_look": LOOK_FORMAT, "seed": seed, "steps": saved}


def steps_of(look: Any) -> tuple[tuple[Step, ...], int]:
    """The steps and the seed of a look. Raises `LookError` if it cannot be run as it was meant."""
    if not isinstance(look, Mapping) or look.get("facefx_look") != LOOK_FORMAT:
        raise LookError(f"not a facefx look: a look is a table with facefx_look: {LOOK_FORMAT} and a list of steps")
    _check_keys(look, _OF_LOOK, "a look")
    seed, steps = look.get("seed", 0), look.get("steps")
    if not isinstance(steps, list) or not isinstance(seed, int) or not all(isinstance(s, Mapping) and "use" in s for s in steps):
        raise LookError("a look needs a whole-number seed and a list of steps, each with use: the effect's name, and params")
    return tuple(map(_step_of, steps)), seed


def _check_keys(table: Mapping[Any, Any], known: Sequence[str], what: str) -> None:
    unknown = [key for key in table if key not in known]
    if unknown:
        raise LookError(f"{what} has no {shown(unknown[0])}; it has {', '.join(known)}")


def _step_of(saved: Mapping[str, Any]) -> Step:
    _check_keys(saved, _OF_STEP, "a step")
    name, params = saved["use"], saved.get("params", {})
    if not isinstance(name, str) or not isinstance(params, Mapping) or not all(isinstance(k, str) for k in params):
        raise LookError(f"a step needs use: an effect's name, and params: a table; found was {shown(dict(saved))}")
    distribution = name.partition(":")[0] if ":" in name else ""
    if distribution and distribution not in {plugin.distribution for plugin in registry().plugins}:
        raise LookError(f"the step {shown(name)} is of {shown(distribution)}, which is not here; {_how_to_get(distribution[:60])}")
    try:
        step = make_step(name, params)
    except FacefxError as error:
        raise LookError(f"the step {shown(name)} cannot be run here: {error}") from error
    if "version" in saved:  # nobody wrote it by hand, so it holds all parameters that there were
        since = {p.name: p.once for p in step.spec.parameters.values() if p.once is not None and p.name not in params}
        step = make_step(name, {**params, **since}) if since else step
    version = str(saved.get("version", step.spec.version))
    if version != step.spec.version:
        raise LookError(
            f"the step {shown(name)} was saved for version {version[:60]} of it; installed is {step.spec.version}, which gives "
            f"another picture. Install the {distribution or 'plugin'} of then, or write version: {step.spec.version!r} into the "
            "look once you like what it gives now"
        )
    return step


def _how_to_get(distribution: str) -> str:
    if distribution == "session":
        return "it was registered in the process that saved the look: call facefx.register with it here, too"
    return f"pip install {distribution}, or give the file that has it with --plugin (FACEFX_PLUGIN_FILES)"


def write_look(look: Mapping[str, Any], path: str | Path, *, force: bool = False) -> Path:
    """Write a look to a ``.json``, ``.yaml`` or ``.yml`` file, whole or not at all.

    Raises `OutputError` if it exists, unless `force`, or cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() not in (*_JSON, *_YAML):
        raise OutputError(f"a look is saved as .json, .yaml or .yml; given was {str(target)!r}")
    write_file(_text_of(look, target.suffix.lower()).encode(), target, force=force)
    return target


def _text_of(look: Mapping[str, Any], suffix: str) -> str:
    if suffix in _JSON:
        return json.dumps(look, indent=2) + "\n"
    import yaml  # here, since a chain that is neither saved nor loaded would wait for it

    return yaml.safe_dump(dict(look), sort_keys=False)


def read_look(path: str | Path) -> tuple[tuple[Step, ...], int]:
    """The steps and the seed of the look that was saved at `path`. Raises `LookError`."""
    try:
        text = read_small(path, _MOST_BYTES).decode("utf-8")
    except FileNotFoundError:
        known = ", ".join(looks()) or "none"
        raise LookError(
            f"there is no look {str(path)!r}: give the path of a saved one, or the name of a ready one ({known})"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise LookError(f"the look {str(path)!r} cannot be read: {error}") from None
    from .look_text import parsed  # and with it YAML

    try:
        return steps_of(parsed(text, is_json=Path(path).suffix.lower() in _JSON))
    except LookError as error:
        raise LookError(f"the look {str(path)!r}: {error}") from None
