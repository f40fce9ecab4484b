"""Running models: their cards, onnxruntime's sessions, segmenters, detectors, a classifier.

What enters turns arrays into probabilities or boxes, and proves that a model is what its card says. Imports face's values, pixels.
"""
