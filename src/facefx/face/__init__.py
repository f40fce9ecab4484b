"""What was found in a picture: boxes, parsings, faces, scenes, and what can be read off a parsed face (points, irises, the person).

Frozen values and the functions that derive one from another enter here; nothing that detects, parses or paints. Imports pixels.
"""
