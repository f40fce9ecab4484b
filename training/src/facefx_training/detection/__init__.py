"""Face detectors, from composed pictures through training to a model folder and its scores.

May import `networks`, `data`, `run` and `export`, where what segmenters and detectors have in common lies.
"""
