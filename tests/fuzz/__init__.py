"""Harnesses that feed damaged inputs to facefx: whatever comes in, it is the right answer or a `facefx.errors.FacefxError`."""
