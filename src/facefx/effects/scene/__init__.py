"""Effects on the whole picture, its background or any chosen region: privacy, cut-outs, backgrounds, styles."""
