"""The text of a look: JSON, or YAML without what could mean anything but plain values."""

from __future__ import annotations

import json
from collections.abc import Hashable
from typing import Any

import yaml

from ..errors import LookError

__all__ = ["parsed"]


def parsed(text: str, *, is_json: bool) -> Any:
    """The values in it: tables, lists, text, numbers, true, false and null.

    JSON is not quite YAML, to which the number 1e-05 is text.

    Raises
    ------
    LookError
        If it is neither, a key stands twice in a table, or YAML repeats values by aliases, which can make gigabytes of a few bytes.
    """
    try:
        if is_json:
            return json.loads(text, object_pairs_hook=_without_doubles)
        return yaml.load(text, _Loader)
    except LookError:
        raise
    except yaml.MarkedYAMLError as error:
        where = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise LookError(f"it is neither JSON nor YAML{where}: {error.problem or error.context}") from None
    # What PyYAML's constructors raise for values that are none, such as `!!int ""`, or a sum of sixtieths beyond all numbers.
    except (yaml.YAMLError, ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise LookError(f"it is neither JSON nor YAML: {type(error).__name__}: {str(error)[:200]}") from None


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key, value in pairs:
        if key in table:
            raise LookError(f"{key[:60]!r} stands twice in one table")
        table[key] = value
    return table


class _Loader(yaml.SafeLoader):
    """Plain YAML: no aliases, no keys twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise LookError(f"line {event.start_mark.line + 1} repeats a value by the alias *{event.anchor[:60]}; write it out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, _ in node.value:
                name = str(key.value)
                if name in seen:
                    raise LookError(f"{name[:60]!r} stands twice in one table (line {key.start_mark.line + 1})")
                seen.add(name)
        return super().construct_mapping(node, deep)
