"""Effects that draw onto the picture what was found in it."""
