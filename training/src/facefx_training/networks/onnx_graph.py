"""What an ONNX graph costs, and the graph with its constants worked out."""

from __future__ import annotations

from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
import onnxruntime

from facefx.errors import ModelError

__all__ = ["folded", "multiply_adds"]


def folded(content: bytes, size: tuple[int, int] | None = None) -> onnx.ModelProto:
    """A model after onnxruntime worked out all that does not depend on the picture: half-precision weights are float32 again.

    Parameters
    ----------
    content : the model's bytes.
    size : (height, width) of the one picture that it shall take; what follows from them is then worked out too. None leaves N, H
        and W open.
    """
    model = onnx.load_from_string(content)
    if size is not None:
        for dimension, value in zip(model.graph.input[0].type.tensor_type.shape.dim, (1, 3, *size), strict=True):
            dimension.dim_value = value
    with TemporaryDirectory() as folder:
        path = Path(folder) / "folded.onnx"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC  # higher levels leave standard ONNX
        options.optimized_model_filepath = str(path)
        options.log_severity_level = 3
        onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return onnx.load(path)


def multiply_adds(content: bytes, size: tuple[int, int]) -> int:
    """Multiplications followed by an addition that a model needs for one picture of (height, width) pixels.

    Counted are convolutions, also transposed ones, and matrix products; what the rest needs is of another order.

    Raises
    ------
    ModelError
        The shapes of such a node cannot be inferred.
    """
    model = onnx.shape_inference.infer_shapes(folded(content, size), data_prop=True)
    graph = model.graph
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in [*graph.input, *graph.output, *graph.value_info]}
    shapes |= {weights.name: list(weights.dims) for weights in graph.initializer}
    return sum(_node_multiply_adds(node, shapes) for node in graph.node if node.op_type in _COUNTED)


_COUNTED = ("Conv", "ConvTranspose", "Gemm", "MatMul")


def _node_multiply_adds(node: onnx.NodeProto, shapes: dict[str, list[int]]) -> int:
    first, second, result = (shapes.get(name, []) for name in (*node.input[:2], node.output[0]))
    if not all(shape and all(shape) for shape in (first, second, result)):
        raise ModelError(
            f"the shapes of the node {node.name!r} ({node.op_type}) are unknown: {first} and {second} to {result}. "
            "Its sums cannot be counted; export the model so that its sizes follow from the picture's."
        )
    match node.op_type:
        case "Conv":  # weights (out, in / groups, height, width): each value of the result takes all weights of its channel
            return prod(result) * prod(second[1:])
        case "ConvTranspose":  # weights (in, out / groups, height, width): each value of the input goes through its channel's
            return prod(first) * prod(second[1:])
        case "Gemm" if any(a.name == "transA" and a.i for a in node.attribute):
            return prod(result) * first[0]
    return prod(result) * first[-1]
