"""Faces and their label maps: reading, correcting and varying them."""

from .augment import Augment
from .celebamask import Pictures, join, read_celebamask, read_names, scheme_of
from .dataset import FaceDataset
from .sides import upright_sides

__all__ = ["Augment", "FaceDataset", "Pictures", "join", "read_celebamask", "read_names", "scheme_of", "upright_sides"]
