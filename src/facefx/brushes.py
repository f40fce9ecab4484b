"""Brushes for effects of your own: what facefx's lipstick, foundation, hair dye and eye make-up are made with.

Public, and held to the rules of docs/versions.md. All of it works on plain arrays and on what the core hands an effect: ``image``
and ``mask`` are the effect's own, ``face`` is its `FaceView`, colours are OKLab (`facefx.pixels.color.to_oklab`, ``from_oklab``).

========================================  ==============================================================================
`recolored`, `Palette`, `aimed`           OKLab colours brought to a palette, with their light and shade kept
`surely_inside`                           the pixels of a region that are certain, to take its own colour from
`skin_of`, `Skin`                         bare skin as a small picture, without beard and features
`local_mean`, `even_layer`, `added`       its broad colour, its blotches, and a smooth change brought back to the photo
`away_from_features`                      a mask that fades towards eyes, lips and nostrils
`hair_of`, `Hair`                         hair with its strands, its direction and its light
`eyes_of`, `Eye`, `repainted`             both eyes with lids, irises and directions, and paint laid round them
`stroke`, `cheeks`, `head_of`             a soft line of any width, the cheeks and the head's directions
`bump`, `WarpGrid`                        displacements that fold nowhere, for effects that move the picture
========================================  ==============================================================================
"""

from __future__ import annotations

from .effects.tools.brush import Cheek, Head, cheeks, head_of, stroke
from .effects.tools.eyes import Eye, eyes_of, repainted
from .effects.tools.hair import Hair, hair_of
from .effects.tools.recoloring import Palette, aimed, recolored, surely_inside
from .effects.tools.skin import Skin, added, away_from_features, even_layer, local_mean, skin_of
from .effects.tools.warp_grid import WarpGrid, bump

__all__ = [
    "Cheek",
    "Eye",
    "Hair",
    "Head",
    "Palette",
    "Skin",
    "WarpGrid",
    "added",
    "aimed",
    "away_from_features",
    "bump",
    "cheeks",
    "even_layer",
    "eyes_of",
    "hair_of",
    "head_of",
    "local_mean",
    "recolored",
    "repainted",
    "skin_of",
    "stroke",
    "surely_inside",
]
