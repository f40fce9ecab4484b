"""A window on a camera: every part of every face in its colour, or one thing alone, with looks that change at a key."""
