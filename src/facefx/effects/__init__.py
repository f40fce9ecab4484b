"""The built-in effects, a room a part of the picture and a file an effect, and in `tools` what they share.

An effect is one declared function of what the core hands it. Imports declare, face, image and pixels; never another effect.
"""
