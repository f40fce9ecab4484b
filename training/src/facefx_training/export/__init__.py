"""From a trained network to a model folder: the ONNX graph, the card, and the version in 8-bit integers.

May import `networks`, `data`, `judge` (a quantised model is judged before it is called done) and `run`.
"""
