"""Arrays of pixels, and no faces: mask algebra, colour spaces, affine crops, compositing.

What enters works on plain numpy arrays and knows nothing of labels, files or models. Imports the vocabulary only.
"""
