"""onnxruntime: which of its providers runs a model, and running it there.

The environment variable FACEFX_PROVIDER asks for one of `NAMES`; by default it is the best that is installed, TensorRT apart, which
takes minutes to compile a model. If the wanted one does not start, the next best runs the model and a warning says so; with
FACEFX_STRICT_PROVIDER=1 it is an error. Only the CPU and the ways to fall back on it have been seen at work yet, no GPU.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import MissingExtra, ModelError, ParameterError
from ..shown import shown
from .external_data import keeps_data_outside

if TYPE_CHECKING:
    import onnxruntime

__all__ = [
    "CPU",
    "FLOATS",
    "NAMES",
    "available_providers",
    "check_ends",
    "open_session",
    "providers_for",
    "run_session",
    "thread_count",
]

log = logging.getLogger(__name__)

CPU, CUDA, TENSORRT = "CPUExecutionProvider", "CUDAExecutionProvider", "TensorrtExecutionProvider"
#: Best first, by the names that FACEFX_PROVIDER takes. Others that onnxruntime may offer (cloud services, say) are never chosen.
NAMES = {
    "tensorrt": TENSORRT,
    "cuda": CUDA,
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "cpu": CPU,
}
_ADVICE = "check its driver and libraries with `facefx doctor`, or ask for another one with FACEFX_PROVIDER"


def _onnxruntime() -> Any:
    # Else it keeps a device id and a list of events in the home folder, and asks for its maker's host.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtra("onnxruntime, which runs the models,", "cpu") from None
    return onnxruntime


def available_providers() -> list[str]:
    """The providers that this installation of onnxruntime offers, best first. Offered is not yet able to start."""
    offered = _onnxruntime().get_available_providers()
    return [p for p in NAMES.values() if p in offered]


def providers_for(name: str | None = None) -> list[str]:
    """The wanted provider, offered or not, and then those to fall back on.

    Parameters
    ----------
    name : one of `NAMES`; by default what FACEFX_PROVIDER says, and without it the best one offered, but not TensorRT.

    Raises
    ------
    ParameterError
        If there is no such name.
    """
    name = name or os.environ.get("FACEFX_PROVIDER")
    offered = available_providers()
    if not name:
        return [p for p in offered if p != TENSORRT]
    if name not in NAMES:
        raise ParameterError(f"the provider (FACEFX_PROVIDER) {shown(name)} is not known; give one of {', '.join(NAMES)}, or none")
    order = list(NAMES.values())
    return [NAMES[name], *(p for p in order[order.index(NAMES[name]) + 1 :] if p in offered)]


def thread_count(text: str) -> int:
    """The number that FACEFX_THREADS holds. Raises `ParameterError` unless it is a positive whole number."""
    if not text.isdecimal() or int(text) < 1:
        raise ParameterError(f"the environment variable FACEFX_THREADS must be a whole number, at least 1; given was {shown(text)}")
    return int(text)


def open_session(
    model: str, content: bytes, *, provider: str | None = None, strict: bool | None = None, keep_memory: bool = False
) -> onnxruntime.InferenceSession:
    """A session for a model, on the wanted provider or the next best one that starts.

    Parameters
    ----------
    model : its name, for messages.
    content : the bytes of an ONNX file.
    provider : as for `providers_for`.
    strict : whether it is an error, and not only a warning, if another provider runs; by default what FACEFX_STRICT_PROVIDER says.
    keep_memory : whether memory is kept from run to run, until one gives it back (see `run_session`). Large pictures of one
        size then take half the time, since the system need not clear new memory for each layer of each; small ones gain nothing.

    Raises
    ------
    ModelError
        If onnxruntime cannot run the model, or not on the wanted provider and `strict` is set.
    """
    if keeps_data_outside(content):
        raise ModelError(
            f"the model {model!r} keeps weights in another file, which its card's sha256 says nothing of; "
            "save it as one file: onnx.save(onnx.load(path), path)"
        )
    runtime = _onnxruntime()
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = keep_memory
    if threads := os.environ.get("FACEFX_THREADS"):
        options.intra_op_num_threads = thread_count(threads)
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # threads that wait would take the cores from others
    order = providers_for(provider)
    session = _started(runtime, model, content, options, order)
    wanted, used = order[0], str(session.get_providers()[0])
    if wanted == used:
        return session
    offered = available_providers()
    problem = (
        f"{wanted} is installed but did not start"
        if wanted in offered
        else f"{wanted} is not offered by this onnxruntime, which has {', '.join(offered)} (see the extra facefx[gpu])"
    )
    if os.environ.get("FACEFX_STRICT_PROVIDER") == "1" if strict is None else strict:
        raise ModelError(f"{problem}, and the model {model!r} may run on nothing else (strict); {_ADVICE}")
    log.warning("%s; %s runs the model %s instead; %s", problem, used, model, _ADVICE)
    return session


def _started(runtime: Any, model: str, content: bytes, options: Any, order: list[str]) -> onnxruntime.InferenceSession:
    """A session on the first provider with which one can be made."""
    offered = [p for p in order if p in available_providers()]
    if {CUDA, TENSORRT} & set(offered) and hasattr(runtime, "preload_dlls"):
        _load_libraries(runtime)
    for place, provider in enumerate(offered):
        try:
            # onnxruntime's own fallback would print, and change providers in the middle of the work.
            return runtime.InferenceSession(
                content, options, providers=[_with_options(p) for p in offered[place:]], enable_fallback=0
            )
        except Exception as error:  # onnxruntime's own errors derive from Exception only
            if provider == offered[-1]:
                raise ModelError(f"onnxruntime cannot run the model {model!r}: {error}") from None
    raise ModelError(f"onnxruntime offers no provider that can run the model {model!r}; install facefx[cpu] again")


def _load_libraries(runtime: Any) -> None:
    """Load CUDA's and cuDNN's libraries where pip installed them. Where there are none, onnxruntime drops CUDA later."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):  # it prints what is missing, perhaps into somebody's JSON
        runtime.preload_dlls()
    if said.getvalue():
        log.info("%s", said.getvalue().strip())


def _with_options(provider: str) -> str | tuple[str, dict[str, Any]]:
    cache = os.environ.get("FACEFX_TENSORRT_CACHE")
    if provider != TENSORRT or not cache:
        return provider
    return provider, {"trt_engine_cache_enable": True, "trt_engine_cache_path": cache}


#: Kinds of numbers that a model may give.
FLOATS = ("tensor(float)", "tensor(float16)", "tensor(double)")


def check_ends(session: onnxruntime.InferenceSession, what: str, allowed: str) -> None:
    """Raise `ModelError` unless a model takes pictures, a tensor (N, 3, H, W) of float32, and gives one tensor of floats.

    `what` is the model, and `allowed` what it must take and give, in words.
    """
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) == len(outputs) == 1 and inputs[0].type == "tensor(float)" and outputs[0].type in FLOATS:
        shape = inputs[0].shape
        if len(shape) == 4 and shape[1] == 3:
            return
    taken, given = [(i.name, i.type, i.shape) for i in inputs], [(o.name, o.type, o.shape) for o in outputs]
    raise ModelError(f"{what} takes {shown(taken)} and gives {shown(given)}; allowed: {allowed}")


def run_session(
    session: onnxruntime.InferenceSession, model: str, batch: np.ndarray, *, output: str | None = None, give_back: bool = False
) -> np.ndarray:
    """One output, the first if none is named, for the one input, an array in one piece.

    On CUDA through bound buffers, so that only the ends are copied.

    `give_back` is for the last of several runs of a session that keeps its memory: what no other run uses is the system's again.

    Raises `ModelError` if the provider fails, for want of memory for instance.
    """
    name, provider = session.get_inputs()[0].name, session.get_providers()[0]
    wanted = None if output is None else [output]  # what leads to others is not computed
    try:
        if provider not in (CUDA, TENSORRT):
            if not give_back:
                return np.asarray(session.run(wanted, {name: batch})[0])
            options = _onnxruntime().RunOptions()
            options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
            return np.asarray(session.run(wanted, {name: batch}, options)[0])
        binding = session.io_binding()
        binding.bind_ortvalue_input(name, _onnxruntime().OrtValue.ortvalue_from_numpy(batch, "cuda", 0))
        binding.bind_output(output or session.get_outputs()[0].name, "cuda")
        session.run_with_iobinding(binding)
        return np.asarray(binding.copy_outputs_to_cpu()[0])
    except Exception as error:  # onnxruntime's own errors derive from Exception only
        raise ModelError(f"the model {model!r} failed on {provider}: {error}; {_ADVICE}") from error
