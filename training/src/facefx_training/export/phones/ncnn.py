"""ncnn's ``model.ncnn.param`` and ``model.ncnn.bin``, which pnnx writes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from facefx.errors import ModelError

from .converters import Job, converter, hushed

__all__ = ["open_model", "write"]

_FILES, _EXTRA = ("model.ncnn.param", "model.ncnn.bin"), "ncnn"


def write(job: Job) -> list[str]:
    """Write both files: pnnx translates what torch traced. `float16` is how weights are stored; the phone may reckon otherwise."""
    converter("pnnx", _EXTRA)
    with TemporaryDirectory() as work:
        traced = Path(work) / "model.pt"
        with hushed():
            torch.jit.trace(job.network, torch.rand(1, 3, job.size, job.size)).save(traced)
        beside = Path(sys.executable).with_name("pnnx")
        program = str(beside) if beside.exists() else shutil.which("pnnx") or "pnnx"
        half = int(job.precision == "float16")
        words = [program, traced.name, f"inputshape=[1,3,{job.size},{job.size}]", f"fp16={half}"]
        done = subprocess.run(words, cwd=work, capture_output=True, text=True, check=False)
        if done.returncode or not all((Path(work) / name).exists() for name in _FILES):
            raise ModelError(f"pnnx could not write the model (exit status {done.returncode}): {done.stderr[-500:]}")
        for name in _FILES:
            shutil.copyfile(Path(work) / name, job.folder / name)
    return list(_FILES)


def open_model(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Run both files by ncnn on one thread, reckoning in float32: (S, S, 3) → (classes, S, S)."""
    ncnn = converter("ncnn", _EXTRA)
    net = ncnn.Net()
    net.opt.num_threads = 1
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = net.opt.use_bf16_storage = False
    net.load_param(str(folder / _FILES[0]))
    net.load_model(str(folder / _FILES[1]))

    def run(crop: np.ndarray) -> np.ndarray:
        pixels = np.ascontiguousarray(crop.transpose(2, 0, 1))
        extractor = net.create_extractor()
        extractor.input("in0", ncnn.Mat(pixels).clone())  # a Mat only points at the array
        failed, answer = extractor.extract("out0")
        if failed:
            raise ModelError(f"ncnn could not run the model in {folder}: error {failed}")
        return np.array(answer)

    return run
