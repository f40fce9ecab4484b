"""What `benchmarks/speed.py` compares facefx with: the same work by others, timed as `speed_stages` are."""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

from speed_asking import Cost, Work, stage

__all__ = ["QUALITY", "fixed_network", "mediapipe", "pillow", "pillow_folder", "transcode"]

#: JPEGs are written at this quality, as facefx writes them by default.
QUALITY = 95


@stage
def pillow(file: Path) -> Iterator[Work]:
    """Decode a JPEG's bytes and encode them again."""
    from PIL import Image

    data = file.read_bytes()

    def work() -> None:
        with Image.open(io.BytesIO(data)) as image:
            image.save(io.BytesIO(), "JPEG", quality=QUALITY)

    return repeat(work)


@stage
def transcode(film: Path) -> Iterator[Work]:
    """Decode a film and encode it again, with the encoder's settings that facefx has; the cost is that of one frame."""
    import av

    def work() -> Cost:
        began, cpu, frames = time.perf_counter(), time.process_time(), 0
        with tempfile.TemporaryDirectory() as folder, av.open(str(film)) as source, av.open(f"{folder}/out.nut", "w") as target:
            shown = source.streams.video[0]
            shown.thread_type = "AUTO"
            made: Any = target.add_stream("libx264", rate=shown.average_rate)
            made.width, made.height, made.pix_fmt = shown.width, shown.height, "yuv420p"
            made.options = {"preset": "veryfast", "crf": "18", "bf": "0"}
            for frame in source.decode(shown):
                frame.pict_type = 0
                target.mux(made.encode(frame))
                frames += 1
            target.mux(made.encode(None))
        return Cost(1000 * (time.perf_counter() - began) / frames, 1000 * (time.process_time() - cpu) / frames)

    return repeat(work)


@stage
def mediapipe(pixels: Path) -> Iterator[Work]:
    """MediaPipe Face Mesh on a still: (H, W, 3) uint8 in an .npy file."""
    import mediapipe as media  # type: ignore[import-not-found, unused-ignore]
    import numpy as np

    rgb = np.load(pixels)
    mesh = media.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1, refine_landmarks=True)
    if not mesh.process(rgb).multi_face_landmarks:
        raise RuntimeError("Face Mesh finds no face")
    return repeat(lambda: mesh.process(rgb))


@stage
def fixed_network() -> Iterator[Work]:
    """Eight convolutions of 3 × 3, 64 channels at 64 × 64: 1.2 G multiply-adds, by onnxruntime with its defaults."""
    import numpy as np
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    channels, side, depth, generator = 64, 64, 8, np.random.default_rng(0)
    shape = [1, channels, side, side]
    weights = [generator.normal(0, 0.05, (channels, channels, 3, 3)).astype(np.float32) for _ in range(depth)]
    nodes, name = [], "0"
    for number in range(depth):
        nodes.append(helper.make_node("Conv", [name, f"w{number}"], [f"c{number}"], pads=[1, 1, 1, 1]))
        nodes.append(helper.make_node("Relu", [f"c{number}"], [name := str(number + 1)]))
    ends = [helper.make_tensor_value_info(end, TensorProto.FLOAT, shape) for end in ("0", name)]
    held = [numpy_helper.from_array(values, f"w{number}") for number, values in enumerate(weights)]
    model = helper.make_model(
        helper.make_graph(nodes, "fixed", ends[:1], ends[1:], held), opset_imports=[helper.make_opsetid("", 17)]
    )
    model.ir_version = 8
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    picture = generator.random(shape, np.float32)
    return repeat(lambda: session.run(None, {"0": picture}))


@stage
def pillow_folder(photos: Path) -> Iterator[Work]:
    """Decode and encode a folder's photos; the cost is that of one."""
    works = [next(pillow(photo)) for photo in sorted(photos.iterdir())]

    def work() -> Cost:
        began, cpu = time.perf_counter(), time.process_time()
        for one in works:
            one()
        return Cost(1000 * (time.perf_counter() - began) / len(works), 1000 * (time.process_time() - cpu) / len(works))

    return repeat(work)
