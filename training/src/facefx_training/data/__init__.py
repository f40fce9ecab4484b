"""Faces and their label maps: preparing data sets as shipped, labelling by a teacher, reading, correcting and varying pictures.

May import `networks`, whose pix2pix says which colours A|B pictures are painted in.
"""

from .augment import Augment
from .augment_scene import SceneAugment
from .celebamask import Pictures, join, picture_path, read_celebamask, read_names, scheme_of
from .dataset import FaceDataset
from .folder import read_pictures, split_names
from .paste import Paste
from .sides import upright_sides

__all__ = [
    "Augment",
    "FaceDataset",
    "Paste",
    "Pictures",
    "SceneAugment",
    "join",
    "picture_path",
    "read_celebamask",
    "read_names",
    "read_pictures",
    "scheme_of",
    "split_names",
    "upright_sides",
]
