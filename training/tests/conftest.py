from __future__ import annotations

from pathlib import Path

import cv2
import pytest
import torch
from tiny_faces import write_pairs


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """A folder of ten pairs, eight to train on."""
    root = tmp_path / "faces"
    write_pairs(root, 10)
    return root


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(0)
