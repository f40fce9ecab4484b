"""How good a model is: predictions against labels, scores and conditions, comparisons, charts, and pictures of the errors.

May import `networks` (what a graph costs) and `data`; knows models as folders, and nothing of how they were trained.
"""
