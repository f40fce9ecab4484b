"""Effects on and round the eyes: irises, liner, shadow, brows."""
