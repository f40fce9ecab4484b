"""What the API says of itself: OpenAPI 3.1, of which all that concerns effects comes from their declarations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ..declare.declarations import EffectSpec
from ..plugins.installed import Registry
from .requests import FORMATS

__all__ = ["described_effect", "openapi", "operation", "shared_responses"]

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_WHY = {
    401: "The token is missing or wrong.",
    403: "The request comes from a web page that may not use this server.",
    408: "The body did not arrive in time.",
    413: "The body is too long.",
    415: "The format needs an extra that this server does not have.",
    421: "The server is not asked by that name.",
    422: "What came is no picture that can be read, shows no face, or an option is not allowed.",
    429: "The queue is full; Retry-After says when to come again.",
    500: "A model, plugin or effect failed.",
    503: "The work took too long.",
}


def shared_responses(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The answers that tell what was wrong, for those statuses."""
    return {code: {"description": _WHY[code], "content": {"application/json": {"schema": _PROBLEM}}} for code in codes}


def operation(kind: type[Any], media: Mapping[str, Any], with_files: bool) -> dict[str, Any]:
    """What an address says of itself that takes a picture: raw with options in the address, or in a form with all of it."""
    options = {one.name: dict(one.metadata["option"].schema) for one in fields(kind)}
    parameters = [
        {"name": name, "in": "query", "required": False, "schema": schema, "description": schema["description"]}
        for name, schema in options.items()
    ]
    form = {
        "type": "object",
        "properties": {"image": {"type": "string", "format": "binary", "description": "The picture."}, **options},
        "required": ["image"],
        "additionalProperties": {"type": "string", "format": "binary"} if with_files else False,
    }
    raw = {"schema": {"type": "string", "format": "binary"}}
    kinds = ("image/jpeg", "image/png", "image/webp", "image/tiff", "image/heic", "image/avif", "application/octet-stream")
    return {
        "parameters": parameters,
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}, **dict.fromkeys(kinds, raw)}},
        "responses": {
            "200": {
                "description": "Done.",
                "headers": {"X-Facefx-Faces": {"description": "How many faces were found.", "schema": {"type": "integer"}}},
                "content": dict(media),
            }
        },
    }


def described_effect(full: str, spec: EffectSpec) -> dict[str, Any]:
    """An effect as the API lists it."""
    return {
        "name": full,
        "summary": spec.summary,
        "version": spec.version,
        "kind": spec.kind,
        "region": spec.region,
        "private": spec.private,
        "parameters": spec.json_schema,
    }


PICTURES = {media: {"schema": {"type": "string", "format": "binary"}} for _, media in FORMATS.values()}


def openapi(document: dict[str, Any], registry: Registry) -> dict[str, Any]:
    """FastAPI's document with the schemas of looks and of all effects that are installed."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = {
        "type": "object",
        "properties": {
            "error": {"type": "string", "description": "The kind, such as NoFaceFound."},
            "message": {"type": "string", "description": "What was wrong, what is allowed, what to do."},
        },
        "required": ["error", "message"],
    }
    steps = []
    for full, spec in sorted(registry.effects.items.items()):
        name = "Step_" + full.replace(":", "_").replace("-", "_")
        parameters = {key: value for key, value in spec.json_schema.items() if key != "$schema"}
        schemas[name] = {
            "type": "object",
            "description": spec.summary,
            "properties": {
                "use": {"enum": sorted({full, full.partition(":")[2]})},
                "version": {"const": spec.version},
                "params": parameters,
            },
            "required": ["use"],
            "additionalProperties": False,
        }
        steps.append({"$ref": f"#/components/schemas/{name}"})
    schemas["Step"] = {"oneOf": steps}
    schemas["Look"] = {
        "description": "What the option look takes as JSON, and what Chain.save writes.",
        "type": "object",
        "properties": {
            "facefx_look": {"const": 1},
            "summary": {"type": "string"},
            "seed": {"type": "integer", "default": 0},
            "steps": {"type": "array", "items": {"$ref": "#/components/schemas/Step"}},
        },
        "required": ["facefx_look", "steps"],
        "additionalProperties": False,
    }
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return document
