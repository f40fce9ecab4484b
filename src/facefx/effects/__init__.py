"""Effects: one a file, each a declared function. `tone.py` is what the recolouring ones share."""
