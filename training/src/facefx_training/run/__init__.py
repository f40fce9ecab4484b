"""Training a network: what a run may be told, its losses, the learner and Lightning's trainer, what a run leaves behind.

May import `networks`, `data` and, for the scores by which it picks its best weights, `judge`. What `config` imports stays light,
because the command line reads its options there.
"""
