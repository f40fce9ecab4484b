"""Which provider runs a model, and what happens where the wanted one does not: with a pretended onnxruntime, for want of a GPU."""

from __future__ import annotations

import logging
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import facefx
from facefx.errors import ModelError, ParameterError
from facefx.face.values import Box, Detection
from facefx.inference import runtime
from facefx.inference.cards import ModelCard
from facefx.inference.segmenter import OnnxSegmenter
from facefx.parsing.crop import BATCH
from synthetic import FakeSegmenter, ScriptedDetector
from tiny_models import write_model

CPU, CUDA, TENSORRT = "CPUExecutionProvider", "CUDAExecutionProvider", "TensorrtExecutionProvider"


class Value:
    name = "x"
    shape = ("n", 3, "h", "w")


class Binding:
    def __init__(self) -> None:
        self.input: Any = None
        self.output: Any = None

    def bind_ortvalue_input(self, name: str, value: Any) -> None:
        self.input = (name, value)

    def bind_output(self, name: str, device: str) -> None:
        self.output = (name, device)

    def copy_outputs_to_cpu(self) -> list[np.ndarray]:
        return [self.input[1][0] * 2]


class Session:
    """Doubles what it is given, and notes how."""

    def __init__(self, providers: list[str]) -> None:
        self.providers, self.runs = providers, []

    def get_providers(self) -> list[str]:
        return self.providers

    def get_inputs(self) -> list[Value]:
        return [Value()]

    get_outputs = get_inputs

    def io_binding(self) -> Binding:
        return Binding()

    def run_with_iobinding(self, binding: Binding) -> None:
        assert binding.output == ("x", "cuda")
        self.runs.append("bound")

    def run(self, outputs: None, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        self.runs.append("plain")
        return [feed["x"] * 2]


class Runtime:
    """An onnxruntime that offers some providers, of which some start, some are dropped in silence and some raise."""

    class SessionOptions:
        def add_session_config_entry(self, key: str, value: str) -> None: ...

    class OrtValue:
        @staticmethod
        def ortvalue_from_numpy(array: np.ndarray, device: str, index: int) -> tuple[np.ndarray, str, int]:
            return array, device, index

    def __init__(self, offers: list[str], *, dropped: tuple[str, ...] = (), raising: tuple[str, ...] = ()) -> None:
        self.offers, self.dropped, self.raising = offers, dropped, raising
        self.asked: list[Any] = []
        self.loaded = 0

    def get_available_providers(self) -> list[str]:
        return [*self.offers, "AzureExecutionProvider"]

    def preload_dlls(self) -> None:
        self.loaded += 1
        print("Failed to load libcublas.so")  # noqa: T201

    def InferenceSession(self, content: bytes, options: Any, providers: list[Any], enable_fallback: int) -> Session:
        assert enable_fallback == 0
        self.asked.append(providers)
        names = [p if isinstance(p, str) else p[0] for p in providers]
        if set(names) & set(self.raising):
            raise RuntimeError(f"{self.raising} cannot be made")
        return Session([n for n in names if n not in self.dropped])


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FACEFX_PROVIDER", "FACEFX_STRICT_PROVIDER", "FACEFX_TENSORRT_CACHE", "FACEFX_THREADS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Any:
    def put(*offers: str, **options: Any) -> Runtime:
        made = Runtime(list(offers), **options)
        monkeypatch.setattr(runtime, "_onnxruntime", lambda: made)
        return made

    return put


def used(**options: Any) -> str:
    return str(runtime.open_session("tiny", b"", **options).get_providers()[0])


def test_the_best_provider_runs_but_tensorrt_only_when_asked_for(
    install: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    made = install(CPU, CUDA, TENSORRT)
    assert used() == CUDA
    assert used(provider="tensorrt") == TENSORRT
    assert used(provider="cpu") == CPU
    assert made.asked == [[CUDA, CPU], [TENSORRT, CUDA, CPU], [CPU]]
    assert made.loaded == 2
    assert capsys.readouterr().out == ""
    assert not caplog.records


def test_the_environment_asks_too(install: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    install(CPU, CUDA, TENSORRT)
    monkeypatch.setenv("FACEFX_PROVIDER", "cpu")
    assert used() == CPU
    assert used(provider="cuda") == CUDA
    monkeypatch.setenv("FACEFX_PROVIDER", "gpu")
    with pytest.raises(ParameterError, match="'gpu' is not known; give one of tensorrt, cuda, directml, coreml, cpu"):
        used()


def test_a_provider_that_is_dropped_is_told(install: Any, caplog: pytest.LogCaptureFixture) -> None:
    install(CPU, CUDA, dropped=(CUDA,))
    with caplog.at_level(logging.WARNING):
        assert used() == CPU
    assert f"{CUDA} is installed but did not start; {CPU} runs the model tiny instead" in caplog.text
    with pytest.raises(ModelError, match=f"{CUDA} is installed but did not start, and the model 'tiny' may run on nothing else"):
        used(strict=True)


def test_a_provider_that_raises_is_passed_over_and_told(install: Any, caplog: pytest.LogCaptureFixture) -> None:
    made = install(CPU, CUDA, TENSORRT, raising=(TENSORRT,))
    assert used(provider="tensorrt") == CUDA
    assert made.asked == [[TENSORRT, CUDA, CPU], [CUDA, CPU]]
    assert TENSORRT in caplog.text


def test_a_provider_that_is_not_offered_is_told(
    install: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(CPU)
    assert used(provider="cuda") == CPU
    assert f"{CUDA} is not offered by this onnxruntime, which has {CPU} (see the extra facefx[gpu])" in caplog.text
    monkeypatch.setenv("FACEFX_STRICT_PROVIDER", "1")
    with pytest.raises(ModelError, match="is not offered"):
        used(provider="cuda")
    assert used(provider="cuda", strict=False) == CPU
    assert used() == CPU


def test_a_model_that_runs_nowhere(install: Any) -> None:
    install(CPU, CUDA, raising=(CPU,))
    with pytest.raises(ModelError, match=r"onnxruntime cannot run the model 'tiny': .*cannot be made"):
        used()


def test_tensorrt_keeps_what_it_compiled_where_it_is_told_to(install: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = install(CPU, TENSORRT)
    monkeypatch.setenv("FACEFX_TENSORRT_CACHE", "/somewhere")
    used(provider="tensorrt")
    name, options = made.asked[0][0]
    assert name == TENSORRT
    assert options == {"trt_engine_cache_enable": True, "trt_engine_cache_path": "/somewhere"}


@pytest.mark.parametrize(("provider", "way"), [(CPU, "plain"), (CUDA, "bound"), (TENSORRT, "bound")])
def test_buffers_are_bound_on_cuda(install: Any, provider: str, way: str) -> None:
    install(CPU, CUDA)
    session = Session([provider, CPU])
    batch = np.arange(6, dtype=np.float32).reshape(1, 3, 2, 1)
    assert np.array_equal(runtime.run_session(session, "tiny", batch), 2 * batch)  # type: ignore[arg-type]
    assert session.runs == [way]


def test_a_provider_that_fails_at_work(install: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    install(CPU, CUDA)
    session = Session([CUDA, CPU])
    monkeypatch.setattr(session, "run_with_iobinding", lambda binding: 1 / 0, raising=False)
    with pytest.raises(ModelError, match=f"'tiny' failed on {CUDA}: division by zero.*FACEFX_PROVIDER"):
        runtime.run_session(session, "tiny", np.zeros((1, 3, 2, 2), np.float32))  # type: ignore[arg-type]


def test_a_segmenter_may_insist(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = write_model(tmp_path / "tiny")
    crops = np.full((1, 64, 64, 3), 0.5, np.float32)
    with pytest.raises(ModelError, match="may run on nothing else"):
        OnnxSegmenter.from_folder(folder, provider="directml", strict=True).probabilities(crops)
    lenient = OnnxSegmenter(ModelCard.read(folder), provider="directml", strict=False)
    assert lenient.probabilities(crops).shape == (1, 19, 64, 64)
    assert lenient.provider == CPU
    assert "DmlExecutionProvider is not offered" in caplog.text
    assert OnnxSegmenter.from_folder(folder, mirror=False, provider="cpu", strict=True).provider == CPU


class Counting(FakeSegmenter):
    def __init__(self) -> None:
        super().__init__(64)
        self.batches: list[int] = []

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        self.batches.append(len(crops))
        return super().probabilities(crops)


def test_the_faces_of_a_picture_share_calls_of_the_network() -> None:
    picture = np.full((90, 90, 3), 0.5, np.float32)
    where = [Detection(Box.square((x, y), 12)) for x in (15, 45, 75) for y in (15, 45, 75)]
    segmenter = Counting()
    assert facefx.parse(picture, segmenter=segmenter, detector=ScriptedDetector(*where)).faces == ()
    assert segmenter.batches[:2] == [BATCH, 9 - BATCH]
    assert segmenter.batches[2:] == [4]  # the whole picture, at four tilts


def test_faces_are_parsed_alike_one_by_one_and_together(make_portrait: Any) -> None:
    from synthetic import Head

    heads = [Head((90, 100), 80), Head((330, 100), 80)]
    picture = make_portrait(*heads, size=(230, 440))
    together = facefx.parse(picture, segmenter=FakeSegmenter(), detector=ScriptedDetector(*(h.detection for h in heads)))
    assert len(together.faces) == 2
    for head in heads:
        (alone,) = facefx.parse(picture, segmenter=FakeSegmenter(), detector=ScriptedDetector(head.detection)).faces
        (same,) = [face for face in together.faces if face.box == alone.box]
        middle = np.s_[:, 40:90, 40:90]
        assert np.array_equal(same.parsing.probabilities[middle], alone.parsing.probabilities[middle])


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux how much memory is taken")
def test_the_memory_of_a_large_batch_is_given_back() -> None:
    code = """
import numpy as np
from facefx.plugins.resolve import resolve_segmenter
segmenter = resolve_segmenter(None)
megabytes = lambda: int(open("/proc/self/statm").read().split()[1]) * 4096 / 1e6
segmenter.probabilities(np.zeros((1, 256, 256, 3), np.float32))
before = megabytes()
segmenter.probabilities(np.zeros((8, 256, 256, 3), np.float32))
print(megabytes() - before)
"""
    home = str(Path(facefx.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": home}
    )
    assert float(done.stdout) < 250  # onnxruntime's arena would keep 480


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux how much memory is taken")
def test_memory_is_kept_where_it_is_asked_for_and_given_back_at_the_end() -> None:
    code = """
import numpy as np
from facefx.inference.cards import DetectorCard, installed_models
from facefx.inference.runtime import open_session, run_session
session = open_session("finder", DetectorCard.read(installed_models()["finder"]).model_bytes(), provider="cpu", keep_memory=True)
megabytes = lambda: int(open("/proc/self/statm").read().split()[1]) * 4096 / 1e6
picture = np.zeros((1, 3, 1024, 1024), np.float32)
before = megabytes()
run_session(session, "finder", picture)
kept = megabytes()
run_session(session, "finder", picture, give_back=True)
print(kept - before, megabytes() - before)
"""
    home = str(Path(facefx.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": home}
    )
    kept, left = map(float, done.stdout.split())
    assert kept > 200
    assert left < 0.5 * kept


def test_nothing_is_left_in_the_home_folder(tmp_path: Path) -> None:
    """onnxruntime tells its maker of itself unless it is told not to, and keeps an id for that."""
    pytest.importorskip("onnxruntime")
    home, portrait = tmp_path / "home", Path(__file__).parents[1] / "samples" / "straight.jpg"
    home.mkdir()
    code = "import sys, facefx; facefx.parse(sys.argv[1])"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))}
    done = subprocess.run(
        [sys.executable, "-c", code, str(portrait)], env=kept | {"HOME": str(home)}, capture_output=True, check=True
    )
    assert (done.stdout, done.stderr) == (b"", b"")
    assert list(home.rglob("*")) == []


#: The number of `socket` among the kernel's calls.
_SOCKET = {"x86_64": 41, "aarch64": 198}
#: Has the kernel end this process, by SIGSYS, when it asks for a socket to the net, as looking up a name does.
_NO_NET = """
import ctypes, struct
def step(code, value, yes=0, no=0):
    return struct.pack("HBBI", code, yes, no, value)
LOAD, EQUAL, RETURN, ALLOW, KILL = 0x20, 0x15, 0x06, 0x7FFF0000, 0x80000000
program = b"".join([
    step(LOAD, 0), step(EQUAL, {socket}, 0, 4),  # which call, and then for which family
    step(LOAD, 16), step(EQUAL, 2, 1, 0), step(EQUAL, 10, 0, 1),
    step(RETURN, KILL), step(RETURN, ALLOW),
])
kept = ctypes.create_string_buffer(program)
whole = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(kept)))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0  # no new rights, without which only root may
assert libc.prctl(22, 2, whole, 0, 0) == 0
"""


@pytest.mark.skipif(sys.platform != "linux" or platform.machine() not in _SOCKET, reason="how a kernel forbids the net is its own")
@pytest.mark.parametrize(
    ("code", "ended"),
    [
        ("import facefx, sys; facefx.chain('recolor_lips').run(sys.argv[1])", 0),
        ("import socket; socket.getaddrinfo('example.org', 80)", -signal.SIGSYS),
        ("import socket; socket.socket(socket.AF_INET6)", -signal.SIGSYS),
    ],
    ids=["facefx", "a name that is looked up", "a socket"],
)
def test_nothing_is_looked_up_and_nobody_asked(code: str, ended: int) -> None:
    """Neither by Python nor by what onnxruntime, OpenCV and the others do below it."""
    pytest.importorskip("onnxruntime")
    portrait = Path(__file__).parents[1] / "samples" / "straight.jpg"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ORT_")}
    program = _NO_NET.format(socket=_SOCKET[platform.machine()]) + code
    done = subprocess.run([sys.executable, "-c", program, str(portrait)], env=kept, capture_output=True, check=False)
    assert done.returncode == ended, done.stderr.decode()
