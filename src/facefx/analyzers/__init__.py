"""Analyzers: what can be measured of a face. One idea a file."""
