"""Declaring an effect or an analyzer: one decorated function, whose signature gives checks, command line, schema, looks and tests.

What enters describes; nothing here runs an effect. Imports the vocabulary and pixels' colours.
"""

from .declarations import AnalyzerSpec, EffectSpec, Kind, analyzer, effect
from .parameters import Color, CubeFile, Parameter, PictureFile, Range, RegionName

__all__ = [
    "AnalyzerSpec",
    "Color",
    "CubeFile",
    "EffectSpec",
    "Kind",
    "Parameter",
    "PictureFile",
    "Range",
    "RegionName",
    "analyzer",
    "effect",
]
