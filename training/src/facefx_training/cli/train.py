"""``facefx-train train``."""

from __future__ import annotations

from pathlib import Path

from ..run.config import Config
from .settings import takes_settings

__all__ = ["train"]


@takes_settings(Config)
def train(into: Path, config: Config) -> None:
    """Train a segmenter."""
    from ..run.train import train as run

    run(config, into)
