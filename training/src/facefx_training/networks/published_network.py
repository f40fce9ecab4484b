"""A published model as a torch network of one size that ends before the last softmax: what converters for phones are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import torch
from onnx import NodeProto, numpy_helper
from torch import Tensor, nn

from facefx.errors import ModelError

from .layers import Normalize
from .onnx_graph import folded
from .onnx_operators import OPERATORS

__all__ = ["PublishedNetwork"]

#: These do nothing if what they give is as large as what they are given.
_NOTHING_AT_ONE_SIZE = ("Pad", "Slice")


class PublishedNetwork(nn.Module):
    """(1, 3, S, S) float32, RGB in [0, 1] → (1, classes, S, S): what a model's last softmax is given.

    Parameters
    ----------
    content : ONNX with one input, (N, 3, H, W).
    size : S.
    output : the name of the output to take; None for the only one.
    mean, std : by channel; the model is given ``(image - mean) / std``.

    Attributes
    ----------
    logits : bool, whether the model ends with a softmax, which is left out. Else the network gives what the model does.
    classes : int

    Raises
    ------
    ModelError
        The model cannot be run at that size, or has operators that are not in `OPERATORS`.
    """

    def __init__(
        self,
        content: bytes,
        size: int,
        *,
        output: str | None = None,
        mean: Sequence[float] = (0.0, 0.0, 0.0),
        std: Sequence[float] = (1.0, 1.0, 1.0),
    ) -> None:
        super().__init__()
        graph = _at_one_size(content, size)
        given = [one.name for one in graph.output]
        wanted = given[0] if output is None and len(given) == 1 else str(output)
        if wanted not in given:
            raise ModelError(f"the model has no output {output!r}; it gives {', '.join(given)}.")
        self._shapes = _shapes(graph)
        made_by = {name: node for node in graph.node for name in node.output}
        self._input = graph.input[0].name
        self._same = {name: self._source(name, made_by) for name in made_by}
        end = self._same.get(wanted, wanted)
        before = _before_softmax(end, made_by, self._same)
        self.logits = before is not None
        self._end = end if before is None else before
        self._nodes = self._in_order(made_by)
        shape = self._shapes.get(self._end, ())
        if len(shape) != 4 or shape[2:] != (size, size):
            raise ModelError(f"for {size} x {size} pixels the model gives {list(shape)}; allowed: (1, classes, {size}, {size}).")
        self.classes = shape[1]
        if unknown := sorted({node.op_type for node in self._nodes} - set(OPERATORS)):
            raise ModelError(f"the model has operators that cannot be written for phones: {', '.join(unknown)}.")
        unchanged = not any(mean) and set(std) == {1}
        self.normalize = nn.Identity() if unchanged else Normalize((mean[0], mean[1], mean[2]), (std[0], std[1], std[2]))
        self._constants = self._keep(graph)

    def _source(self, name: str, made_by: Mapping[str, NodeProto]) -> str:
        """The value that this one is a mere copy of at this size, or itself."""
        node = made_by.get(name)
        while node is not None and (
            node.op_type == "Identity"
            or (node.op_type in _NOTHING_AT_ONE_SIZE and self._shapes[node.input[0]] == self._shapes[node.output[0]])
        ):
            name = node.input[0]
            node = made_by.get(name)
        return name

    def _in_order(self, made_by: Mapping[str, NodeProto]) -> list[NodeProto]:
        """What the end needs, each after what it needs itself."""
        order: dict[str, NodeProto] = {}
        open_ends = [self._end]
        while open_ends:
            node = made_by.get(open_ends[-1])
            missing = [] if node is None else [self._same.get(name, name) for name in node.input]
            missing = [name for name in missing if name in made_by and made_by[name].output[0] not in order]
            if missing:
                open_ends.extend(missing)
                continue
            open_ends.pop()
            if node is not None:
                order[node.output[0]] = node
        return list(order.values())

    def _keep(self, graph: onnx.GraphProto) -> dict[str, np.ndarray | None]:
        """Weights become buffers; small whole numbers, such as axes, stay numpy's. "" is an input that is left out."""
        used = {self._same.get(name, name) for node in self._nodes for name in node.input}
        constants: dict[str, np.ndarray | None] = {"": None}
        self._buffer_of: dict[str, str] = {}
        for tensor in graph.initializer:
            if tensor.name not in used:
                continue
            value = numpy_helper.to_array(tensor)
            if value.dtype.kind == "f" and value.ndim:
                self._buffer_of[tensor.name] = f"weights{len(self._buffer_of)}"
                self.register_buffer(self._buffer_of[tensor.name], torch.tensor(value.astype(np.float32)))
            else:
                constants[tensor.name] = value
        return constants

    def forward(self, image: Tensor) -> Tensor:
        values: dict[str, Any] = {**self._constants, self._input: self.normalize(image)}
        values |= {name: getattr(self, buffer) for name, buffer in self._buffer_of.items()}
        for node in self._nodes:
            given = [values[self._same.get(name, name)] for name in node.input]
            given = [_number(value, node, place) for place, value in enumerate(given)]
            has = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
            answer = OPERATORS[node.op_type](given, has, self._shapes[node.output[0]])
            values.update(zip(node.output, answer if isinstance(answer, tuple) else (answer,), strict=True))
        result: Tensor = values[self._end]
        return result


def _number(value: Any, node: NodeProto, place: int) -> Any:
    """A single constant in a sum or a product as a plain number, which every converter takes."""
    plain = isinstance(value, np.ndarray) and value.ndim == 0 and node.op_type in ("Add", "Sub", "Mul", "Div", "Pow")
    return value.item() if plain else value


def _at_one_size(content: bytes, size: int) -> onnx.GraphProto:
    try:
        model = onnx.shape_inference.infer_shapes(folded(content, (size, size)), data_prop=True)
    except Exception as error:  # onnxruntime has many, without a base of their own
        raise ModelError(f"the model cannot be run on {size} x {size} pixels: {str(error)[:300]}") from None
    if len(model.graph.input) != 1:
        raise ModelError(f"the model takes {', '.join(one.name for one in model.graph.input)}; one picture is allowed.")
    return model.graph


def _shapes(graph: onnx.GraphProto) -> dict[str, tuple[int, ...]]:
    known = [*graph.input, *graph.output, *graph.value_info]
    shapes = {value.name: tuple(d.dim_value for d in value.type.tensor_type.shape.dim) for value in known}
    return shapes | {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}


def _before_softmax(end: str, made_by: Mapping[str, NodeProto], same: Mapping[str, str]) -> str | None:
    """What the softmax over the classes is given whose answer is `end`, whole or written out; None if there is none."""

    def inputs(node: NodeProto) -> list[str]:
        return [same.get(name, name) for name in node.input]

    def maker(name: str, kind: str) -> NodeProto | None:
        node = made_by.get(name)
        return node if node is not None and node.op_type == kind else None

    softmax = maker(end, "Softmax")
    if softmax is not None:
        axis = next((attribute.i for attribute in softmax.attribute if attribute.name == "axis"), -1)
        return inputs(softmax)[0] if axis in (1, -3) else None
    # as `layers.softmax_of_classes` writes it: exp(x - max x) * (1 / sum exp(x - max x))
    if (product := maker(end, "Mul")) is None:
        return None
    shares, inverse = inputs(product)
    reciprocal, exponential = maker(inverse, "Reciprocal"), maker(shares, "Exp")
    if reciprocal is None or exponential is None:
        return None
    total, lower = maker(inputs(reciprocal)[0], "ReduceSum"), maker(inputs(exponential)[0], "Sub")
    if total is None or lower is None or inputs(total)[0] != shares:
        return None
    x, most = inputs(lower)
    largest = maker(most, "ReduceMax")
    return x if largest is not None and inputs(largest)[0] == x else None
