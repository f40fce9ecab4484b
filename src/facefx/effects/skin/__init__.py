"""Effects on skin: retouching, foundation, blusher, contour, and make-up taken from a photo."""
