"""From a picture to a `Scene`: crops, one face's parse and its corrections, the wide crop for hair, the search without a detector.

What enters decides where the network looks and what of its answer is believed. Imports plugins and all below.
"""
