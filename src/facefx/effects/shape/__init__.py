"""Effects that move the picture: slimmer faces, larger eyes, lifted brows, other noses."""
