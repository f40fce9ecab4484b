"""Whether an ONNX file keeps some of its numbers in other files, which no checksum of its own covers.

onnxruntime would read them from the working directory: whoever puts a file there would change the model. So the file itself is
asked, which is a message of Protocol Buffers (https://protobuf.dev/programming-guides/encoding) as onnx.proto describes it.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["keeps_data_outside"]

#: Which fields of a message hold which other messages; those of a tensor that tell of data outside are `_EXTERNAL`.
_HOLDS = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
_EXTERNAL = 13  # TensorProto.external_data; without it there is no place that data could come from


def keeps_data_outside(content: bytes) -> bool:
    """Whether the bytes of an ONNX file name data in other files. What is no such file has none: running it will say so."""
    waiting = [("model", memoryview(content))]
    try:
        while waiting:
            kind, message = waiting.pop()
            for field, inner in _fields(message):
                if kind == "tensor" and field == _EXTERNAL:
                    return True
                if field in _HOLDS[kind]:
                    waiting.append((_HOLDS[kind][field], inner))
    except (IndexError, ValueError):
        pass
    return False


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The fields of a message that have a length, with what they hold."""
    at, end = 0, len(message)
    while at < end:
        key, at = _number(message, at)
        match key & 7:
            case 0:
                _, at = _number(message, at)
            case 1:
                at += 8
            case 2:
                length, at = _number(message, at)
                if at + length > end:
                    raise ValueError("a field that ends beyond its message")
                yield key >> 3, message[at : at + length]
                at += length
            case 5:
                at += 4
            case _:
                raise ValueError("a kind of field that there is not")


def _number(message: memoryview, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, the lowest first, and where it ends."""
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
