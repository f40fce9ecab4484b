"""Detectors: where the faces are. One a file."""
