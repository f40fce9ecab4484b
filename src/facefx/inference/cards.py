"""Model cards: what a model is, what it wants, what it may be used for, and proof that it is the one that the card describes.

A model is a folder with ``card.toml`` and its weights, whose file's name says what kind of model it is: ``model.onnx`` is a
segmenter's; see also `CLASSIFIER`, `DETECTOR` and `PERSON`. `docs/models.md` says what a card holds.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tomllib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Self

from ..errors import ModelError, UnknownName
from ..labels import LabelScheme, Region
from ..shown import shown
from ..small_files import read_small
from .card_ends import Values, answered_scheme, channels_of_card, labels_of_card, output_of_card, small_eyes_of_card
from .qualities import LARGEST_INPUT, QUALITIES, Quality, Run, qualities_of_card

__all__ = [
    "CLASSIFIER",
    "DETECTOR",
    "PERSON",
    "QUALITIES",
    "Card",
    "DetectorCard",
    "ModelCard",
    "PersonCard",
    "Quality",
    "Run",
    "any_card",
    "checked_bytes",
    "detectors_among",
    "find_card",
    "home",
    "installed_models",
    "int8_of",
    "local_models",
    "person_segmenters_among",
    "read_table",
    "segmenters_among",
    "weights_in",
]

#: What a classifier's folder holds in place of ``model.onnx``, see `classifier.py`.
CLASSIFIER = "classifier.npz"
#: What a face detector's folder holds in place of ``model.onnx``, see `detectors/card.py`.
DETECTOR = "detector.onnx"
#: What a segmenter's folder holds that finds whole people on whole pictures.
PERSON = "person.onnx"

#: Bytes of a card, and of a model's weights, which protobuf ends at 2 GiB.
_MOST_BYTES, _MOST_WEIGHTS = 2**20, 2**31
#: Characters of a text in a card, and of what its parser says of it.
_LONGEST_TEXT, _MOST_SHOWN = 2000, 200

#: Folders of models, beside those in the package: paths in the style of PATH.
ENVIRONMENT = "FACEFX_MODELS"


@dataclass(frozen=True, kw_only=True)
class Card(ABC):
    """What every ``card.toml`` of a network holds; ``folder`` is where it lies. A subclass adds what only its kind has."""

    WEIGHTS: ClassVar[str]

    folder: Path
    name: str
    version: str
    family: str
    summary: str
    sha256: str
    parameters: int
    license: str
    data_license: str
    scores: Mapping[str, Any] = field(default_factory=dict, repr=False)
    training: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read ``folder/card.toml``. Raises `ModelError` if it is missing, malformed, out of range or contradicts itself."""
        path, table = folder / "card.toml", read_table(folder)
        try:
            return cls(
                folder=folder,
                **{key: _text(table, key) for key in ("name", "version", "family", "summary", "sha256", "license", "data_license")},
                parameters=int(table["parameters"]),
                scores=MappingProxyType(table.get("scores", {})),
                training=MappingProxyType(table.get("training", {})),
                **cls._own_fields(table),
            )
        except (ModelError, UnknownName) as error:
            raise ModelError(f"the model card {path}: {error}") from None
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"the model card {path} lacks or garbles {str(error)[:_MOST_SHOWN]}; docs/models.md lists what a card holds"
            ) from None

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled, which read-only dictionaries cannot be."""
        return {name: dict(value) if isinstance(value, MappingProxyType) else value for name, value in self.__dict__.items()}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update({name: MappingProxyType(value) if isinstance(value, dict) else value for name, value in state.items()})

    @classmethod
    @abstractmethod
    def _own_fields(cls, table: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that the subclass adds, from the card's contents."""

    @property
    def identity(self) -> str:
        """A line that is the same for what gives the same answers."""
        return f"{self.name} {self.version} sha256 {self.sha256}"

    def model_bytes(self) -> bytes:
        """The bytes of the weights, after checking them against the card's sha256."""
        return checked_bytes(self.folder / self.WEIGHTS, self.name, self.sha256)

    def verify(self) -> None:
        """Raise `ModelError` unless all files are those that the card describes."""
        self.model_bytes()


@dataclass(frozen=True, kw_only=True)
class ModelCard(Card):
    """The contents of a segmenter's ``card.toml``.

    ``outputs`` are, for each class of ``scheme``, the network's outputs that are summed for it. ``mean`` and ``std`` are those of
    RGB in [0, 1], by channel: the network sees ``(crop - mean) / std``. ``output`` is the name of the output to take, None for the
    only one; ``values`` says whether a softmax makes probabilities of it, or whether it is a picture (`grey.py`) of so many levels.

    ``qualities`` says of each quality how it runs the model: as ``[quality.NAME]`` has it or else, ``best`` on crops of the input
    size and in the mirror too, ``balanced`` without the mirror, ``fast`` on smaller crops. ``int8_sha256`` is that of the same
    network in 8-bit integers, which lies beside the weights for the qualities that say so; None where there is none.
    ``small_eyes`` is added to the logits of eyes for each time that a crop had to be enlarged twofold.
    """

    WEIGHTS = "model.onnx"

    input_size: tuple[int, int]
    scheme: LabelScheme
    outputs: tuple[tuple[int, ...], ...]
    qualities: Mapping[Quality, Run]
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    output: str | None = None
    values: Values = "probabilities"
    int8_sha256: str | None = None
    small_eyes: float = 0.0

    @property
    def identity(self) -> str:
        read: tuple[Any, ...] = (self.scheme.classes, self.outputs, self.mean, self.std, self.output, self.values == "logits")
        read += tuple(said for said in (self.int8_sha256, self.small_eyes) if said)
        return f"{super().identity} read as {hashlib.sha256(repr(read).encode()).hexdigest()[:12]}"

    def int8_bytes(self) -> bytes:
        """The bytes of the network in 8-bit integers, checked like `model_bytes`. Raises `ModelError` also if there is none."""
        return checked_bytes(self.folder / int8_of(self.WEIGHTS), self.name, self.int8_sha256 or "of nothing")

    def verify(self) -> None:
        super().verify()
        if self.int8_sha256 is not None:
            self.int8_bytes()

    @property
    def channels(self) -> int:
        """How many classes the network itself tells apart; 1 for a picture of them."""
        return 1 if self.values == "grey" else sum(map(len, self.outputs))

    @classmethod
    def _own_fields(cls, table: Mapping[str, Any]) -> dict[str, Any]:
        height, width = (int(v) for v in table["input"]["size"])
        if not 32 <= height <= LARGEST_INPUT or height != width:
            raise ModelError(f"it has input size {shown((height, width))}; allowed: square, 32 to {LARGEST_INPUT} pixels")
        labels, outputs = labels_of_card(str(table["name"]), table["labels"])
        mean, std = (channels_of_card(table["input"], key, usual) for key, usual in (("mean", 0.0), ("std", 1.0)))
        if min(std) < 1e-4 or max(map(abs, (*mean, *std))) > 1e4:
            raise ModelError(f"it has mean = {list(mean)} and std = {list(std)}; they are those of RGB in [0, 1], std above 0")
        output, values = output_of_card(table.get("output", {}))
        return {
            "input_size": (height, width),
            "scheme": answered_scheme(labels, outputs, values),
            "outputs": outputs,
            "qualities": qualities_of_card(table.get("quality", {}), height, int8="int8" in table),
            "mean": mean,
            "std": std,
            "output": output,
            "values": values,
            "int8_sha256": _text(table["int8"], "sha256") if "int8" in table else None,
            "small_eyes": small_eyes_of_card(table.get("small", {})),
        }


def read_table(folder: Path) -> dict[str, Any]:
    """The contents of ``folder/card.toml``. Raises `ModelError` if it is missing, too long, or no TOML."""
    path = folder / "card.toml"
    try:
        return tomllib.loads(read_small(path, _MOST_BYTES).decode("utf-8"))
    except OSError as error:
        raise ModelError(f"no model card at {path}: {error.strerror}; a model is a folder with a card and its weights") from None
    except RecursionError:
        raise ModelError(f"the model card {path} is not valid TOML: it is nested too deep") from None
    except ValueError as error:  # no TOML, no UTF-8, or a number of thousands of digits
        raise ModelError(f"the model card {path} is not valid TOML: {str(error)[:_MOST_SHOWN]}") from None


def _text(table: Mapping[str, Any], key: str) -> str:
    """One of a card's words. Raises `ValueError` for tables, and for what is too long to be one."""
    value = table[key]
    if isinstance(value, dict | list) or len(str(value)) > _LONGEST_TEXT:
        raise ValueError(f"{key} = {shown(value)}, where a text of at most {_LONGEST_TEXT} characters is allowed")
    return str(value)


def checked_bytes(path: Path, model: str, sha256: str) -> bytes:
    """The bytes of one of a model's files. Raises `ModelError` if it cannot be read or its card gives another sha256."""
    try:
        content = read_small(path, _MOST_WEIGHTS)
    except OSError as error:
        raise ModelError(f"the model {model!r} has no readable {path}: {error.strerror}") from None
    if (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise ModelError(
            f"{path} is not the file that its card describes (sha256 {found}, card says {sha256}); "
            "it may be damaged or tampered with: install facefx again or export the model again; where it is the right one, "
            "write its sha256 into the card"
        )
    return content


def local_models() -> dict[str, Path]:
    """Names of the models in the folders that `FACEFX_MODELS` lists and in `home`, and their folders; of one name, the first."""
    return _models_in([*_listed_folders(), home()])


def home() -> Path:
    """The folder that models are added to: the first that `FACEFX_MODELS` lists, or else the user's own, where data belong."""
    if listed := _listed_folders():
        return listed[0]
    if sys.platform == "win32":
        data = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        data = Path.home() / "Library" / "Application Support"
    else:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return data / "facefx" / "models"


def _listed_folders() -> list[Path]:
    return [Path(p) for p in os.environ.get(ENVIRONMENT, "").split(os.pathsep) if p]


def installed_models() -> dict[str, Path]:
    """Names of the models that come with facefx, and their folders (in a checkout, those at its root)."""
    here = Path(__file__).resolve().parents[1]
    return _models_in([here / "models", here.parents[1] / "models"])


def _models_in(folders: list[Path]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in folders:
        for card in sorted(folder.glob("[!.]*/card.toml")):  # what is being added begins with a dot
            found.setdefault(card.parent.name, card.parent)
    return found


def segmenters_among(models: Mapping[str, Path]) -> dict[str, Path]:
    """Those of some models that parse faces: all but the ones with the weights of another kind."""
    others = (CLASSIFIER, DETECTOR, PERSON)
    return {name: folder for name, folder in models.items() if not any((folder / other).exists() for other in others)}


def person_segmenters_among(models: Mapping[str, Path]) -> dict[str, Path]:
    """Those of some models that find whole people."""
    return {name: folder for name, folder in models.items() if (folder / PERSON).exists()}


def detectors_among(models: Mapping[str, Path]) -> dict[str, Path]:
    """Those of some models that find faces."""
    return {name: folder for name, folder in models.items() if (folder / DETECTOR).exists()}


def find_card(model: str | Path) -> ModelCard:
    """The card of a segmenter by name, facefx's before the user's, or by the path of its folder."""
    if isinstance(model, Path) or os.sep in model:
        return ModelCard.read(Path(model))
    cards = segmenters_among({**local_models(), **installed_models()})
    if model not in cards:
        raise UnknownName("model", model, cards)
    return ModelCard.read(cards[model])


@dataclass(frozen=True, kw_only=True)
class PersonCard(ModelCard):
    """The contents of the ``card.toml`` of a segmenter of whole people: `ModelCard`'s, with labels that tell them from the rest."""

    WEIGHTS = PERSON

    @classmethod
    def _own_fields(cls, table: Mapping[str, Any]) -> dict[str, Any]:
        found = super()._own_fields(table)
        if not found["scheme"].indices_of(Region.PERSON):
            raise ModelError(
                f"its labels {shown(found['scheme'].classes)} do not tell person from background; use scheme = 'person'"
            )
        return found


@dataclass(frozen=True, kw_only=True)
class DetectorCard(Card):
    """The contents of a detector's ``card.toml``; ``threshold`` is the score, 0 to 1, from which a face is believed in."""

    WEIGHTS = DETECTOR

    threshold: float

    @classmethod
    def _own_fields(cls, table: Mapping[str, Any]) -> dict[str, Any]:
        threshold = float(table["threshold"])
        if not 0 < threshold < 1:
            raise ModelError(f"it has threshold {threshold}; allowed: between 0 and 1")
        return {"threshold": threshold}


def int8_of(weights: str) -> str:
    """The file beside a segmenter's weights that holds the same network in 8-bit integers: ``model.onnx`` → ``model.int8.onnx``."""
    return f"{Path(weights).stem}.int8.onnx"


def weights_in(folder: Path) -> str:
    """The name of the weights' file in a segmenter's or detector's folder; that of a face parser if there is none."""
    return next((name for name in (DETECTOR, PERSON) if (folder / name).exists()), ModelCard.WEIGHTS)


def any_card(folder: Path) -> ModelCard | DetectorCard:
    """The card of a segmenter's or detector's folder, whichever it is. Raises `ModelError` for a classifier's and for a bad one."""
    if (folder / CLASSIFIER).exists():
        raise ModelError(f"{folder} holds a classifier ({CLASSIFIER}); only models that parse or find are added and checked")
    kinds: dict[str, type[ModelCard] | type[DetectorCard]] = {DETECTOR: DetectorCard, PERSON: PersonCard}
    return kinds.get(weights_in(folder), ModelCard).read(folder)
