"""Makes the weights of facefx's segmenters: data, networks, losses, training, evaluation, export."""
