"""For authors of plugins: hold what you wrote to the contract that facefx's own parts keep.

>>> from facefx.testing import check_effect
>>> def test_my_effect():
...     check_effect(my_effect)

and so on with `check_analyzer`, `check_segmenter` and `check_detector`. `check_effect` needs Hypothesis:
``pip install 'facefx[test]'``.
"""

from .effects import check_effect, parameters
from .measuring import check_analyzer
from .models import check_detector, check_segmenter
from .scenes import example_scene

__all__ = ["check_analyzer", "check_detector", "check_effect", "check_segmenter", "example_scene", "parameters"]
