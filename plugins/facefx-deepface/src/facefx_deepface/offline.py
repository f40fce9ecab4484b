"""Running deepface without its downloads, and with facefx's errors.

deepface and the retinaface package that it uses fetch weights that they do not find, each through one function. While one of our
detectors is made or runs, both functions are ours: they give the path of a file that is there, and else say which is wanted where.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import RLock
from typing import Any

from facefx import FacefxError, ModelError

__all__ = ["offline"]

_DOWNLOADERS = ("deepface.commons.weight_utils", "retinaface.commons.weight_utils")
_lock = RLock()  # deepface's detectors keep state, and so do its modules


@contextmanager
def offline(detector: str) -> Iterator[None]:
    """Within it deepface downloads nothing, and whatever goes wrong is a `ModelError` that names the detector."""
    with _lock, warnings.catch_warnings():  # deepface and retinaface silence all warnings of the process when they are imported
        warnings.simplefilter("ignore")
        replaced: list[tuple[Any, Any]] = []
        os.environ.setdefault(
            "DEEPFACE_BACKEND_ENGINE", "onnx"
        )  # else retinaface would load TensorFlow or torch where there is one
        try:
            for name in _DOWNLOADERS:
                module = import_module(name)
                replaced.append((module, module.download_weights_if_necessary))
                module.download_weights_if_necessary = _weights  # type: ignore[attr-defined]
            yield
        except FacefxError:
            raise
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] == "deepface":
                raise ModelError("deepface is not installed; install it: pip install 'deepface>=0.0.103'") from error
            raise _failure(detector, error) from error
        except Exception as error:  # a damaged file or a missing runtime makes these detectors raise nearly anything
            raise _failure(detector, error) from error
        finally:
            for module, original in replaced:
                module.download_weights_if_necessary = original


def _failure(detector: str, error: Exception) -> ModelError:
    return ModelError(f"deepface's detector {detector!r} cannot be used: {error or type(error).__name__}")


def _weights(file_name: str, **source: Any) -> str:
    """The path of a weight file that is there, in place of deepface's function that would fetch it.

    Raises `ModelError`, with the place where the file belongs and the address that deepface would have asked.
    """
    home = Path(os.environ.get("DEEPFACE_HOME", Path.home()))
    path = home / ".deepface" / "weights" / file_name
    if path.is_file():
        return str(path)
    urls = source.get("source_url") or source.get("source_urls") or "its authors"
    url = urls if isinstance(urls, str) else urls[0]
    packed = f", unpacked from its .{source['compress_type']}" if source.get("compress_type") else ""
    raise ModelError(
        f"the weights {file_name!r} of a deepface detector are not installed, and facefx downloads nothing: put the file at "
        f"{path}{packed} (deepface names {url} as its source), or set DEEPFACE_HOME to the folder whose .deepface/weights holds it."
    )
