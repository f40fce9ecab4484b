"""The door for pictures: any kind in, the same kind out, untouched pixels bit for bit; and pictures of label maps.

What enters reads, writes or shows pictures and knows no faces. Imports pixels and the vocabulary.
"""

from .picture import DEFAULT_MAX_PIXELS, Picture, Source, open_image, save_image

__all__ = ["DEFAULT_MAX_PIXELS", "Picture", "Source", "open_image", "save_image"]
