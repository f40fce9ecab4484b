"""Chains of steps: composing and running them, painting, warping and measuring as they ask, looks that save them.

What enters runs declared effects and analyzers on scenes. Imports parsing, plugins and all below.
"""

from .sequence import Chain, Declined, Result, Step, chain, check_confidence, load_look

__all__ = ["Chain", "Declined", "Result", "Step", "chain", "check_confidence", "load_look"]
