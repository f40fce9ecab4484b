"""The docs page: the OpenAPI document as HTML that needs no script, no font and nobody's server."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from ..plugins.installed import Registry

__all__ = ["STYLE", "page_of"]

STYLE = (Path(__file__).parent / "docs.css").read_text("utf-8")

_EXAMPLES = """curl --data-binary @me.jpg -H 'Content-Type: image/jpeg' 'http://127.0.0.1:8000/v1/apply?look=plum' -o plum.jpg

curl -F image=@me.jpg -F format=png -F back=@beach.jpg \\
     -F 'look=[{"use": "recolor_lips", "params": {"color": "#a2243b"}},
               {"use": "replace_background", "params": {"picture": "upload:back"}}]' \\
     http://127.0.0.1:8000/v1/apply -o beach.png

curl -F image=@me.jpg -F want=mask -F region=hair http://127.0.0.1:8000/v1/parse -o hair.png"""


def page_of(document: Mapping[str, Any], registry: Registry) -> str:
    """The page: addresses, their options, and every effect with its parameters."""
    version = escape(str(document["info"]["version"]))
    body = "\n".join([*_addresses(document), *_effects(registry)])
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>facefx API</title><link rel="stylesheet" href="/docs.css"></head>
<body><main><h1>facefx API</h1>
<p>{escape(document["info"]["description"])} Version {version}; <a href="/openapi.json">openapi.json</a>.</p>
<pre tabindex="0" aria-label="Examples">{escape(_EXAMPLES)}</pre>
{body}</main></body></html>"""


def _addresses(document: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>Addresses</h2>"
    for path, methods in document["paths"].items():
        for verb, told in methods.items():
            rows = [(p["name"], p["schema"]) for p in told.get("parameters", [])]
            statuses = ", ".join(sorted(told.get("responses", {})))
            yield f'<section><h3><span class="verb">{verb.upper()}</span> <code>{escape(path)}</code></h3>'
            yield f"<p>{escape(told.get('summary', ''))}</p>{_table(rows)}"
            yield f"<p><small>Answers: {escape(statuses)}</small></p></section>"


def _effects(registry: Registry) -> Iterator[str]:
    yield "<h2>Effects</h2>"
    for full, spec in sorted(registry.effects.items.items()):
        rows = list(spec.json_schema["properties"].items())
        yield f"<details><summary><code>{escape(full)}</code> <span>{escape(spec.summary)}</span></summary>{_table(rows)}</details>"


def _table(rows: list[tuple[str, Mapping[str, Any]]]) -> str:
    if not rows:
        return ""
    lines = [
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(_takes(schema))}</td>"
        f"<td><code>{escape(json.dumps(schema['default'])) if 'default' in schema else ''}</code></td>"
        f"<td>{escape(str(schema.get('description', '')))}</td></tr>"
        for name, schema in rows
    ]
    head = "<tr><th>name</th><th>takes</th><th>default</th><th>meaning</th></tr>"
    return f'<div class="scroll"><table><thead>{head}</thead><tbody>{"".join(lines)}</tbody></table></div>'


def _takes(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "minimum" in schema and "maximum" in schema:
        return f"{schema['minimum']:g} to {schema['maximum']:g}"
    return {"color": "a colour", "path": "upload:NAME"}.get(
        schema.get("format", ""), str(schema.get("type", "")) or "text or number"
    )
