"""``python -m facefx.cli`` is ``facefx``."""

from . import main

main()
