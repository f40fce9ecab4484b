"""The classifier of face shapes: photos to outlines, outlines to a model, and how good it is on faces that it has not seen.

May import nothing else of this package.
"""

from __future__ import annotations

from .fit import Settings, fit
from .folds import grouped_folds
from .judge import Judgement, judged
from .outlines import Outlines, read_outlines
from .write import write_model

__all__ = ["Judgement", "Outlines", "Settings", "fit", "grouped_folds", "judged", "read_outlines", "write_model"]
