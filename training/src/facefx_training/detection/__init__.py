"""Pictures for face detectors: to train them on, and to compare them with."""
