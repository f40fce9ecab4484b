"""The user's own models: adding a folder or a file with its card, removing one, and saying what is wrong with one.

`cards.home` is where they go. Only the two files that a model consists of are copied, the weights and the card, so that nothing
beside them is taken along; and the copies are what is checked.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import FacefxError, ModelError, OutputError, UnknownName
from ..shown import shown
from .cards import DETECTOR, PERSON, DetectorCard, ModelCard, any_card, home, int8_of, weights_in
from .detector.onnx import OnnxDetector
from .runtime import open_session
from .segmenter import OnnxSegmenter

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["add", "checked", "drafted", "remove"]

#: What a model may be called, since its folder is called so: on every system, and never a path.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CARD = "card.toml"


def add(source: Path, *, card: Path | None = None, overwrite: bool = False) -> ModelCard | DetectorCard:
    """Copy a model into `home`, where it is found by its name, after checking it as `checked` does.

    Parameters
    ----------
    source : a model's folder, or an ONNX file.
    card : the card of a file; by default the ``.toml`` of the file's name beside it, or else ``card.toml`` there. What it describes
        is a detector if it has a ``threshold``.
    overwrite : whether a model of that name that was added before is replaced.

    Raises
    ------
    ModelError
        If the model cannot be used.
    OutputError
        If there is one of that name already, or it cannot be written.
    """
    into = home()
    try:
        into.mkdir(parents=True, exist_ok=True)
        made = into / f".{secrets.token_hex(8)}.partial"  # renamed when it is whole: nobody finds half a model
        made.mkdir()
    except OSError as error:
        raise OutputError(f"models cannot be kept in {into}: {error.strerror}; name another folder in FACEFX_MODELS") from None
    try:
        _copy(source, card, made)
        for _ in checked(made):
            pass
        read = any_card(made)
        if not _NAME.fullmatch(read.name):
            raise ModelError(f"a model cannot be called {shown(read.name)}; allowed: letters, digits, dots, - and _, 64 at most")
        target = into / read.name
        if target.exists() and not overwrite:
            raise OutputError(f"there is a model {read.name!r} in {into} already; remove it, or say --force to replace it")
        if target.exists():
            _forget(target)
        made.rename(target)
    except OSError as error:
        raise OutputError(f"the model cannot be kept in {into}: {error.strerror}") from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return any_card(target)


def remove(name: str) -> Path:
    """Delete a model that was added, and return where it lay.

    Files in its folder that are no part of a model stay, and the folder with them. Raises `UnknownName` for a model that does not
    lie in `home`, as those that come with facefx do not.
    """
    added = {card.parent.name: card.parent for card in home().glob(f"*/{_CARD}")}
    if name.removeprefix("local:") not in added:
        raise UnknownName("added model", name, added)
    folder = added[name.removeprefix("local:")]
    try:
        _forget(folder)
    except OSError as error:
        raise OutputError(f"{folder} cannot be removed: {error.strerror}") from None
    return folder


def checked(folder: Path) -> Iterator[str]:
    """Check a model's folder step by step: card, file, what it takes and gives, what it answers. Each step that holds is told of.

    Raises
    ------
    ModelError
        At the first that does not hold.
    """
    card = any_card(folder)
    yield f"the card names everything that it must: {card.name} {card.version}, licence of the weights {card.license}"
    card.verify()
    integers = isinstance(card, ModelCard) and card.int8_sha256 is not None
    yield f"{card.WEIGHTS} is the file that it describes{f', and so is {int8_of(card.WEIGHTS)}' * integers}"
    yield from _detector(card) if isinstance(card, DetectorCard) else _segmenter(card)


def _segmenter(card: ModelCard) -> Iterator[str]:
    model = OnnxSegmenter(card, provider="cpu")
    yield f"onnxruntime runs it; it {_signature(model._session)}"
    names = [
        f"{name}: {card.scheme.region_of(index)}" if index and name != card.scheme.region_of(index) else name
        for index, name in enumerate(card.scheme.classes)
    ]
    outputs = "one grey picture shows" if card.values == "grey" else f"{card.channels} outputs are"
    yield f"its {outputs} {len(card.scheme)} classes of the scheme {card.scheme.name!r}: {', '.join(names)}"
    rng = np.random.default_rng(0)
    if card.values == "logits":
        raw = OnnxSegmenter(replace(card, values="probabilities"), provider="cpu", quality="balanced")
        _are_no_probabilities(card, raw.probabilities(rng.random((1, *raw.input_size, 3), np.float32)))
    for quality in card.qualities:
        asked = model.with_quality(quality)
        height, width = asked.input_size
        found = asked.probabilities(rng.random((1, height, width, 3), np.float32))
        _probabilities(card, found)
        how = f"crops of {width} x {height} pixels{', in 8-bit integers' * asked.int8}{', and in the mirror' * asked.mirror}"
        yield f"{quality}: {how}"


def _probabilities(card: ModelCard, found: np.ndarray) -> None:
    if not np.isfinite(found).all():
        raise ModelError(f"the model {card.name!r} answers NaN or infinity to a crop of noise; its weights or std may be damaged")
    sums = found.sum(axis=1)
    if found.min() < -1e-3 or np.abs(sums - 1).max() > 1e-2:
        raise ModelError(
            f"the model {card.name!r} answers {found.min():.3g} to {found.max():.3g}, in all classes together {sums.min():.3g} to "
            f'{sums.max():.3g}, where its card says probabilities, which sum to 1; if they are logits, say output = "logits"'
        )


def _are_no_probabilities(card: ModelCard, raw: np.ndarray) -> None:
    if raw.min() >= 0 and np.abs(raw.sum(axis=1) - 1).max() < 1e-3:
        raise ModelError(
            f"the model {card.name!r} gives values that are probabilities already, where its card says logits; say "
            'output = "probabilities"'
        )


def _detector(card: DetectorCard) -> Iterator[str]:
    model = OnnxDetector(card)
    yield f"onnxruntime runs it; it {_signature(model._session)}"
    model.detect(np.full((96, 128, 3), 0.5, np.float32))
    yield f"it answers as a detector does; faces from a score of {card.threshold:g} on"


def drafted(file: Path) -> str:
    """A card to begin with for an ONNX file, filled in as far as the file tells. Raises `ModelError` if it cannot be run."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ModelError(f"{file} cannot be read: {error.strerror}") from None
    session = open_session(file.name, content, provider="cpu")
    taken, outputs = session.get_inputs()[0].shape, session.get_outputs()
    sizes = [size if isinstance(size, int) else 256 for size in (*taken, 256, 256)[2:4]]
    count = next((o.shape[1] for o in outputs if len(o.shape) == 4 and isinstance(o.shape[1], int)), None)
    return _DRAFT.format(
        name=file.stem,
        signature=_signature(session),
        sha256=hashlib.sha256(content).hexdigest(),
        sizes=sizes,
        outputs=", ".join(json.dumps(o.name) for o in outputs),
        output=json.dumps(outputs[0].name),
        count=f"{count} of them, " if count else "",
    )


_DRAFT = """\
# This model {signature}.
name = "{name}"
version = "1.0.0"
family = ""                # such as BiSeNet
summary = ""
license = ""               # of the weights
data_license = ""          # of what they learnt from
sha256 = "{sha256}"
parameters = 0

[input]
size = {sizes}
# mean = [0.485, 0.456, 0.406]   # if it learnt from normalised pictures: these are ImageNet's
# std = [0.229, 0.224, 0.225]

[output]
name = {output}   # one of {outputs}
values = "logits"          # or "probabilities", if it ends in a softmax

[labels]
classes = []               # {count}in the order of the outputs, by any names

[labels.means]             # what those are whose names facefx does not know, such as
# cloth = "clothing"
"""


def _signature(session: onnxruntime.InferenceSession) -> str:
    takes, gives = (
        ", ".join(f"{a.name} {_shape(a.shape)}" for a in some) for some in (session.get_inputs(), session.get_outputs())
    )
    return f"takes {takes} and gives {gives}"


def _shape(shape: list[int | str | None]) -> str:
    return f"({', '.join('?' if size is None else str(size) for size in shape)})"


def _copy(source: Path, card: Path | None, into: Path) -> None:
    """The weights and the card of a folder or a file, and nothing else."""
    if source.is_dir():
        weights = source / weights_in(source)
        card = card or source / _CARD
    else:
        weights = source
        card = card or next((c for c in (source.with_suffix(".toml"), source.parent / _CARD) if c.exists()), None)
        if card is None:
            raise ModelError(
                f"there is no card for {source}: neither {source.with_suffix('.toml').name} nor {_CARD} lies beside it; "
                "`facefx models check` prints one to begin with"
            )
    for path in (card, weights):
        if not path.is_file():
            raise ModelError(
                f"no file {path}; a model is a folder with {ModelCard.WEIGHTS} (a detector: {DETECTOR}, one of people: {PERSON}) "
                f"and {_CARD}"
            )
    shutil.copyfile(card, into / _CARD)
    kind = DETECTOR if _has_threshold(into) else ModelCard.WEIGHTS
    name = weights.name if weights.name in (DETECTOR, PERSON) else kind
    shutil.copyfile(weights, into / name)
    if (integers := weights.with_name(int8_of(weights.name))).is_file():
        shutil.copyfile(integers, into / int8_of(name))


def _has_threshold(folder: Path) -> bool:
    try:
        DetectorCard.read(folder)
    except FacefxError:
        return False
    return True


def _forget(folder: Path) -> None:
    for name in (DETECTOR, PERSON, ModelCard.WEIGHTS, int8_of(PERSON), int8_of(ModelCard.WEIGHTS), _CARD):
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
