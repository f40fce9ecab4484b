"""facefx's nodes for ComfyUI. ComfyUI reads the two mappings; `nodes.py` makes them."""

from .nodes import node_classes, node_titles

__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS"]

NODE_CLASS_MAPPINGS = node_classes()
NODE_DISPLAY_NAME_MAPPINGS = node_titles()
