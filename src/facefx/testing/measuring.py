"""The contract of analyzers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..chains.reports import measure
from ..declare.declarations import AnalyzerSpec
from ..face.face import Face
from .scenes import CONTENTS, SCENES, example_scene

__all__ = ["check_analyzer"]


def check_analyzer(spec: AnalyzerSpec, **params: Any) -> None:
    """Run an analyzer on the faces of many scenes, through the core as in a chain, and hold it to the contract.

    It returns a dict of what JSON can hold, None and not NaN for what is not seen; it changes nothing that it is given; the same
    face gives the same numbers; and faces that are tiny, cut by the border, of one region or none, and pictures that show none of
    what the masks say do not trouble it.

    Parameters
    ----------
    spec : the declared analyzer.
    **params : its parameters, where they are not to be the defaults.

    Raises
    ------
    AssertionError, EffectError
        If it breaks the contract.
    """
    resolved = spec.resolve(params)
    for kind in SCENES:
        for content in CONTENTS:
            for face in example_scene(kind, content).faces:
                try:
                    _check_face(spec, resolved, face)
                except Exception as error:
                    error.add_note(f"in the scene {kind!r}, whose picture shows {content!r}")
                    raise


def _check_face(spec: AnalyzerSpec, params: Mapping[str, Any], face: Face) -> None:
    probabilities = np.array(face.parsing.probabilities)
    first, second = (measure(face, 0, {spec.name: (spec, params)}).to_dict() for _ in range(2))
    assert first == second, f"{spec.name} measures the same face twice and gives other numbers"
    assert json.loads(json.dumps(first)) == first, f"{spec.name}: its report does not survive JSON"
    assert np.array_equal(np.array(face.parsing.probabilities), probabilities), f"{spec.name} changed the parsing"
