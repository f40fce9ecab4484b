"""What effects are made with: brushes, recolouring, hair and skin and eyes as an effect needs them. No effect lives here.

What third parties may rely on is offered by `facefx.brushes`.
"""
