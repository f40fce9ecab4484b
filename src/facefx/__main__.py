"""`python -m facefx` is the command `facefx`."""

from facefx.cli import main

if __name__ == "__main__":
    main()
