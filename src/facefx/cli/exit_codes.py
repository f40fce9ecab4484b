"""What the exit code of a command says."""

from __future__ import annotations

from enum import IntEnum

from .. import errors

__all__ = ["ExitCode", "code_of", "table"]


class ExitCode(IntEnum):
    """The exit codes of all commands; scripts may rely on them.

    The error of a single input decides the code. Of several inputs the others are still done, and the code is `SOME_FAILED`;
    an error that each of them would meet (an unknown effect, a broken model) ends the command at once with its own code.
    """

    meaning: str

    def __new__(cls, code: int, meaning: str) -> ExitCode:
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    OK = 0, "all done"
    SOME_FAILED = 1, "some of several inputs failed (or, with a traceback, facefx)"
    USAGE = 2, "the command line is not understood"
    NO_FACE = 3, "no face was found"
    BAD_PICTURE = 4, "an input is missing, damaged, too large, or no picture"
    BAD_REQUEST = 5, "a parameter that is not allowed, an unknown name, a bad look"
    OUTPUT_REFUSED = 6, "the output is there already, is a link, or cannot be written"
    SETUP = 7, "a model, plugin or extra is missing, broken or not up to this"
    INTERRUPTED = 130, "stopped with Ctrl-C"
    BROKEN_PIPE = 141, "whatever read the output went away"


_CODES: tuple[tuple[tuple[type[errors.FacefxError], ...], ExitCode], ...] = (
    ((errors.NoFaceFound,), ExitCode.NO_FACE),
    ((errors.ImageError,), ExitCode.BAD_PICTURE),
    ((errors.ParameterError, errors.UnknownName, errors.LookError), ExitCode.BAD_REQUEST),
    ((errors.OutputError,), ExitCode.OUTPUT_REFUSED),
)


def code_of(error: errors.FacefxError) -> ExitCode:
    """The exit code for an error: `ExitCode.SETUP` for all kinds that are not about this one request."""
    return next((code for kinds, code in _CODES if isinstance(error, kinds)), ExitCode.SETUP)


def table() -> str:
    """All codes and their meanings, one a line."""
    return "\n".join(f"{code.value:>4}  {code.meaning}" for code in ExitCode)
