"""Segmenters: crops in, class probabilities out. One runtime a file."""
