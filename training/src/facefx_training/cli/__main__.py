"""``python -m facefx_training.cli`` is ``facefx-train``."""

from . import main

main()
