"""Faces and their label maps: reading, correcting and varying them."""

from .augment import Augment
from .celebamask import Pictures, read_celebamask, upright_sides
from .dataset import FaceDataset

__all__ = ["Augment", "FaceDataset", "Pictures", "read_celebamask", "upright_sides"]
