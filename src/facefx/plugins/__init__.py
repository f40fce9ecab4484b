"""What is installed: the hooks, plugins loaded one by one, the built-in one among them, and names resolved to usable things.

What enters finds, names and guards what others wrote. Imports all that the built-in plugin offers: effects, analyzers, models.
"""

from .installed import PluginInfo, Registry, register, registry

__all__ = ["PluginInfo", "Registry", "register", "registry"]
