"""What an error message says of what was given."""

from __future__ import annotations

from reprlib import Repr

__all__ = ["shown"]

_SHORT = Repr()
_SHORT.maxlevel = 2
_SHORT.maxdict = _SHORT.maxset = _SHORT.maxfrozenset = _SHORT.maxtuple = _SHORT.maxlist = _SHORT.maxarray = _SHORT.maxdeque = 4
_SHORT.maxstring = _SHORT.maxother = 100
_SHORT.maxlong = 100


def shown(value: object) -> str:
    """A value's `repr`, shortened; its type where even that cannot be had.

    Anything may be given: a list that holds itself a billion times, an int of thousands of digits, an object whose repr raises.
    """
    try:
        return _SHORT.repr(value)
    except BaseException as error:  # somebody's code
        if type(error) is KeyboardInterrupt:
            raise
        return f"a value of type {type(value).__name__}"
