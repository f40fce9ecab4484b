"""The MediaPipe that is installed."""

from __future__ import annotations

from typing import Any

from facefx import ModelError

__all__ = ["solutions"]


def solutions() -> Any:
    """MediaPipe's graphs with their models. Raises `ModelError` where there is no MediaPipe, or one without its models."""
    try:
        import mediapipe
    except ImportError as error:
        raise ModelError(f"MediaPipe cannot be imported ({error}); install it: pip install mediapipe==0.10.21") from error
    if not hasattr(mediapipe, "solutions"):
        version = getattr(mediapipe, "__version__", "unknown")
        raise ModelError(f"MediaPipe {version} has no models inside; install the last one that has: pip install mediapipe==0.10.21")
    return mediapipe.solutions
