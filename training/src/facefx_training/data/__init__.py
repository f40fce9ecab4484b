"""Faces and their label maps: reading, correcting and varying them."""

from .augment import Augment
from .celebamask import Pictures, join, read_celebamask, read_names, upright_sides
from .dataset import FaceDataset

__all__ = ["Augment", "FaceDataset", "Pictures", "join", "read_celebamask", "read_names", "upright_sides"]
