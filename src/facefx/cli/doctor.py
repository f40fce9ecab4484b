"""``facefx doctor``: does this installation work, and what does it really run on?"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from time import perf_counter

import typer

from ..errors import FacefxError
from .exit_codes import ExitCode
from .messages import console, say
from .versions import NOT_INSTALLED, distribution_version

__all__ = ["doctor"]

ENVIRONMENT = (
    "FACEFX_MODELS", "FACEFX_PLUGINS", "FACEFX_PLUGIN_FILES", "FACEFX_STRICT_PLUGINS", "FACEFX_THREADS", "FACEFX_MAX_PIXELS",
    "FACEFX_PROVIDER", "FACEFX_STRICT_PROVIDER", "FACEFX_TENSORRT_CACHE",
)  # fmt: skip
#: What facefx cannot even be imported without: distribution, module, what to do where it is missing.
LIBRARIES = (
    ("numpy", "numpy", "pip install --force-reinstall numpy"),
    ("Pillow", "PIL", "pip install --force-reinstall Pillow"),
    ("opencv", "cv2", "pip install --force-reinstall 'opencv-python-headless>=4.10'"),
)


#: Wheels that all bring the folder cv2: each that is installed overwrites the one before, and taking one away breaks the other.
OPENCV_WHEELS = ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless")


@dataclass(frozen=True)
class Finding:
    """One line of the report. `remedy` says what to do where something is wrong; `essential`, that facefx does not work without."""

    what: str
    found: str
    remedy: str = ""
    essential: bool = False

    @property
    def verdict(self) -> str:
        return "ok" if not self.remedy else "PROBLEM" if self.essential else "warning"


def doctor() -> None:
    """Check this installation: versions, the provider that really runs, models and their licences, plugins.

    The default model is loaded and run once. The exit code is 7 if something essential is missing.
    """
    from rich.table import Table

    findings = list(_examine())
    table = Table()
    for heading in ("", "what", "found"):
        table.add_column(heading)
    for finding in findings:
        table.add_row(finding.verdict, finding.what, finding.found)
    console().print(table)
    for finding in findings:
        if finding.remedy:
            typer.echo(f"{finding.verdict}: {finding.what}: {finding.remedy}")
    if any(finding.verdict == "PROBLEM" for finding in findings):
        say("something essential is missing; what to do stands above")
        raise typer.Exit(ExitCode.SETUP)
    typer.echo("facefx works here.")


def _examine() -> Iterator[Finding]:
    yield Finding("python", f"{platform.python_version()} on {platform.platform()}")
    yield Finding("facefx", distribution_version("facefx"))
    needed = [_library(*library) for library in LIBRARIES]
    yield from needed
    yield from _opencv_wheels()
    yield _library("onnxruntime", "onnxruntime", "pip install 'facefx[cpu]', or 'facefx[gpu]' for an NVIDIA GPU")
    yield from (Finding("environment", f"{name}={os.environ[name]}") for name in ENVIRONMENT if name in os.environ)
    if any(library.remedy for library in needed):
        return  # nothing below can even be imported
    try:
        yield from _plugins()
    except FacefxError as error:  # in strict mode
        yield Finding("plugins", str(error), "remove or update that plugin, or set FACEFX_PLUGINS=off", essential=True)
        return
    yield from _models()
    yield _detector()
    yield from _segmenter()


def _library(name: str, module: str, remedy: str) -> Finding:
    try:
        return Finding(name, str(import_module(module).__version__))
    except Exception as error:  # a library that does not fit this machine may raise anything
        return Finding(name, f"cannot be imported: {error}", remedy, essential=True)


def _opencv_wheels() -> Iterator[Finding]:
    """A warning where several wheels of OpenCV lie in one folder."""
    versions = {name: distribution_version(name) for name in OPENCV_WHEELS}
    there = {name: version for name, version in versions.items() if version != NOT_INSTALLED}
    if len(there) > 1:
        yield Finding(
            "opencv wheels",
            f"{', '.join(f'{name} {version}' for name, version in there.items())} share the folder cv2; the last one counts",
            f"pip uninstall {' '.join(there)}, and then install the one that you want; opencv-python-headless will do for facefx",
        )


def _plugins() -> Iterator[Finding]:
    from ..plugins.installed import registry

    for plugin in registry().plugins:
        name = f"{plugin.distribution}:{plugin.entry} {plugin.version}"
        if plugin.problem:
            yield Finding("plugin", f"{name} is broken and not used: {plugin.problem}", f"update or remove {plugin.distribution}")
        else:
            yield Finding("plugin", f"{name} offers {', '.join(plugin.offers) or 'nothing'}")


def _models() -> Iterator[Finding]:
    from .models import installed_finders, installed_models

    for model in (*installed_models(), *installed_finders()):
        if model.problem:
            yield Finding("model", f"{model.name}: {model.problem}", "install facefx again, or export the model again")
        elif card := model.card:
            licences = f"weights: {card.license}; data: {card.data_license}"
            yield Finding("model", f"{model.name} {card.version}, sha256 ok; licences: {licences}")


def _detector() -> Finding:
    """The default detector, made and run once."""
    import numpy as np

    from ..plugins.resolve import DEFAULT_DETECTOR, resolve_detector

    try:
        resolve_detector(None).detect(np.zeros((64, 64, 3), np.float32))
    except FacefxError as error:
        return Finding("detector", f"{DEFAULT_DETECTOR}: {error}", "pip install --force-reinstall facefx", essential=True)
    return Finding("detector", f"{DEFAULT_DETECTOR} runs")


def _segmenter() -> Iterator[Finding]:
    """The default segmenter, made and run once, and the provider that it really ran on."""
    import numpy as np

    from ..inference.runtime import available_providers, providers_for
    from ..inference.segmenter import OnnxSegmenter
    from ..plugins.resolve import DEFAULT_SEGMENTER, resolve_segmenter

    try:
        segmenter = resolve_segmenter(None)
        segmenter.probabilities(np.zeros((1, *segmenter.input_size, 3), np.float32))  # the first run also loads the model
        start = perf_counter()
        segmenter.probabilities(np.zeros((1, *segmenter.input_size, 3), np.float32))
        milliseconds = 1000 * (perf_counter() - start)
    except FacefxError as error:
        yield Finding(
            "segmenter", f"{DEFAULT_SEGMENTER}: {error}", "facefx cannot parse faces until this is put right", essential=True
        )
        return
    yield Finding("segmenter", f"{DEFAULT_SEGMENTER} runs: {milliseconds:.0f} ms for one face")
    if isinstance(segmenter, OnnxSegmenter):
        wanted, used = providers_for(segmenter.wanted)[0], segmenter.provider
        yield Finding(
            "provider",
            f"{used} runs; onnxruntime offers {', '.join(available_providers())}",
            "" if used == wanted else f"{wanted} did not start: check its driver and libraries; pictures are done, but slower",
        )
