"""Puts the page that runs in the browser alone, web/dist, into the site as try/, or says how to build it; mkdocs runs this."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

BUILT = Path(__file__).resolve().parents[1] / "web" / "dist"
NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>facefx in the browser</title></head>
<body><h1>Not built</h1>
<p>This site was made on a machine without Node, so the page that runs in the browser is not in it. To have it:</p>
<pre>cd web &amp;&amp; npm ci &amp;&amp; npm run build
mkdocs build</pre><p><a href="../web/">What it is</a></p></body></html>
"""


def on_files(files: Any, config: Any) -> Any:
    """Add the page's files to those of the site."""
    built = sorted(path for path in BUILT.rglob("*") if path.is_file()) if (BUILT / "index.html").exists() else []
    for path in built:
        files.append(File.generated(config, f"try/{path.relative_to(BUILT).as_posix()}", abs_src_path=str(path)))
    if not built:
        files.append(File.generated(config, "try/index.html", content=NOT_BUILT))
    return files
