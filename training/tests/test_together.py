"""Two processes that train one network."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from facefx_training.run.checkpoints import latest_checkpoint, load_averaged

#: Run by both processes. The second one's clock has stopped: were it asked, it would go on alone and wait for the first forever.
SCRIPT = """
import os, sys
from pathlib import Path
from facefx_training.run.config import Config
from facefx_training.run.module import Parser
from facefx_training.run.train import train

if os.environ.get("LOCAL_RANK") == "1":
    Parser.seconds = property(lambda self: 0.0)
options = {"width": 4} if sys.argv[3] == "unet2015" else {}
train(Config(data=sys.argv[1], family=sys.argv[3], options=options, scheme="eyes_lips", minutes=0.03, sizes=((0.0, 64),), batch=2,
             stored=96, workers=0, threads=1, validate_every=1, accelerator="cpu", devices=2), Path(sys.argv[2]))
"""


def run_together(script: Path, *arguments: object) -> str:
    command = [sys.executable, "-W", "ignore", script, *arguments]
    process = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        output, _ = process.communicate(timeout=200)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # its children too
        raise
    assert process.returncode == 0, output
    return output


@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no distributed training")
def test_two_processes_end_together_by_the_first_ones_clock(pairs: Path, tmp_path: Path) -> None:
    script, run = tmp_path / "both.py", tmp_path / "run"
    script.write_text(SCRIPT)
    run_together(script, pairs, run, "unet2015")
    checkpoint = torch.load(latest_checkpoint(run), weights_only=True)
    assert checkpoint["hardware"].startswith("2 x CPU")
    assert checkpoint["seconds"] >= 0.03 * 60
    assert checkpoint["steps"] >= 1
    config, network, _ = load_averaged(run)
    assert config.devices == 2
    with torch.no_grad():
        assert network(torch.rand(1, 3, 64, 64)).shape == (1, 5, 64, 64)
    assert (run / "best.ckpt").exists()
