"""The origin of a model: data, settings, scores and software of its training."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar, cast

from opsin.core import ModelFileError

T = TypeVar("T")
_LARGEST = 2.0**63
_LARGEST_SIDE = 1e9


@dataclass(frozen=True)
class Provenance:
    """The origin of a model, kept in the header of its file; a default stands for what is not known.

    Attributes:
        data: Address of the data set, such as a folder.
        image_size: Median (height, width), or (depth, height, width), of the training images in pixels.
        fingerprint: Digest of the names and pixels of all images of the data set.
        images: Number of images by split.
        seed: Seed of the training.
        recipe: Settings of the training.
        initial_weights: Description of the weights that the training started from.
        baseline: Parameters of the baseline that ignores the image, from `Task.fit_baseline`.
        scores: Scores on the test split by name, each with "value", "low" and "high".
        baseline_scores: Scores of the baseline on the test split.
        notes: Remarks on the data.
        versions: Versions of the software by name.
        machine: Processor and device of the training.
        created: Time of the end of the training, ISO 8601.
    """

    data: str = ""
    image_size: tuple[float, ...] | None = None
    fingerprint: str = ""
    images: Mapping[str, int] = field(default_factory=dict[str, int])
    seed: int | None = None
    recipe: Mapping[str, Any] = field(default_factory=dict[str, Any])
    initial_weights: str = ""
    baseline: tuple[float, ...] | None = None
    scores: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict[str, Mapping[str, float | None]])
    baseline_scores: Mapping[str, Mapping[str, float | None]] = field(
        default_factory=dict[str, Mapping[str, float | None]]
    )
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    machine: str = ""
    created: str = ""

    def to_json(self) -> dict[str, Any]:
        """Returns plain values from which `from_json` makes an equal record."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Any) -> "Provenance":
        """Reads the record from untrusted JSON; a field of another type gets its default.

        Args:
            data: Parsed JSON, such as `to_json` returns; unknown names are ignored.

        Raises:
            ModelFileError: It is no JSON object.

        Examples:
            >>> Provenance.from_json({"data": "cats", "seed": "nine", "images": {"train": 5, "test": None}})
            ... # doctest: +ELLIPSIS
            Provenance(data='cats', image_size=None, fingerprint='', images={'train': 5}, seed=None, ...)
        """
        if not isinstance(data, dict):
            raise ModelFileError(
                "has a damaged `provenance`. Expected a JSON object. Fix: copy or train the model again."
            )
        record = cast("dict[str, Any]", data)
        read = {name: reader(record[name]) for name, reader in _READERS.items() if name in record}
        return cls(**{name: value for name, value in read.items() if value is not None})


def _text(value: Any) -> str | None:
    """The text without surrogates, which no output can hold; None for anything else."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None


def _whole_number(value: Any) -> int | None:
    return value if type(value) is int and abs(value) < _LARGEST else None


def _number(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) and math.isfinite(value) and abs(value) < _LARGEST else None


def _object(value: Any) -> dict[str, Any] | None:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _mapping_of(reader: Callable[[Any], T | None]) -> Callable[[Any], dict[str, T] | None]:
    """A reader of objects that leaves out the values that `reader` refuses."""

    def read(value: Any) -> dict[str, T] | None:
        found = _object(value)
        pairs = {} if found is None else {str(_text(name)): reader(item) for name, item in found.items()}
        return None if found is None else {name: item for name, item in pairs.items() if item is not None}

    return read


def _numbers(value: Any) -> tuple[float, ...] | None:
    """All numbers of a list; None when any is none."""
    found = [_number(item) for item in cast("list[Any]", value)] if isinstance(value, list | tuple) else [None]
    return None if None in found else tuple(cast("list[float]", found))


def _texts(value: Any) -> tuple[str, ...] | None:
    found = [_text(item) for item in cast("list[Any]", value)] if isinstance(value, list | tuple) else []
    return tuple(item for item in found if item is not None)


def _image_size(value: Any) -> tuple[float, ...] | None:
    sides = _numbers(value)
    return sides if sides and len(sides) in (2, 3) and all(1 <= side < _LARGEST_SIDE for side in sides) else None


def _score(value: Any) -> dict[str, float | None] | None:
    """Value, low and high; null where a score is not defined. None for anything else."""
    found = _object(value) or {}
    parts = ("value", "low", "high")
    if any(part not in found or (found[part] is not None and _number(found[part]) is None) for part in parts):
        return None
    return {part: _number(found[part]) for part in parts}


_READERS: dict[str, Callable[[Any], Any]] = {
    "data": _text,
    "image_size": _image_size,
    "fingerprint": _text,
    "images": _mapping_of(_whole_number),
    "seed": _whole_number,
    "recipe": _object,
    "initial_weights": _text,
    "baseline": _numbers,
    "scores": _mapping_of(_score),
    "baseline_scores": _mapping_of(_score),
    "notes": _texts,
    "versions": _mapping_of(_text),
    "machine": _text,
    "created": _text,
}
