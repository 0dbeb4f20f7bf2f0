"""The model file: one `.safetensors` with the weights, and in its header, as JSON, all that their use needs.

Loading runs no code: the header describes layers, task and preprocessing, each checked by its own room, and the tensors
must be exactly those that the layers ask for. Format: https://huggingface.co/docs/safetensors.
"""

import json
import math
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor

from opsin.core import ModelFileError, replacing

FORMAT = 2
"""Counts up whenever an older Opsin would misread a file."""

MOST_HEADER_BYTES = 16 * 2**20
KEYS = frozenset({"format", "layers", "task", "preprocessing", "tta", "provenance"})
_TYPES = {torch.float32: "F32", torch.int64: "I64"}
_MARK = "opsin"


@dataclass(frozen=True)
class ModelFile:
    """An open model file: its header, with the keys of `KEYS`, and the bytes of its weights."""

    path: Path
    header: dict[str, Any]
    weight_bytes: int
    _tensors: Any

    def weights(self, expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The weights, tta of the mapped file, which must have the names, shapes and types of `expected`.

        `expected` may be on the meta device; nothing is allocated for a tensor that does not fit it.
        """
        odd = sorted(set(self._tensors.keys()) ^ set(expected))
        if odd:
            raise ModelFileError(f"{self.path} has other weights than its layers ask for, such as {odd[0][:100]!r}")
        for name, wanted in expected.items():
            piece = self._tensors.get_slice(name)
            found, asked = (piece.get_dtype(), piece.get_shape()), (_TYPES[wanted.dtype], list(wanted.shape))
            if found != asked:
                raise ModelFileError(f"{self.path}: {name!r} is {found[0]} {found[1]}, expected {asked[0]} {asked[1]}")
        return {name: self._tensors.get_tensor(name) for name in expected}


def write_model_file(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, Any]) -> None:
    """Writes weights (as float32) and header, whole or not at all; `header` has the keys of `KEYS` but the format.

    Numbers in the header that are not finite are written as null. Raises OpsinError when the disk is full, and
    ModelFileError when the header would be too long to be read again.
    """
    text = json.dumps(_finite({"format": FORMAT, **header}), allow_nan=False)
    if len(text) > MOST_HEADER_BYTES // 2:
        raise ModelFileError(
            f"{path}: the description takes {len(text):,} characters; shorten the notes in `provenance`"
        )
    flat = {name: _plain(value) for name, value in tensors.items()}
    with replacing(path) as temporary:
        try:
            save_file(flat, temporary, metadata={_MARK: text})
        except SafetensorError as error:  # the library has no errno to give
            raise OSError(0, " ".join(str(error).split())) from error


@contextmanager
def open_model_file(path: Path) -> Generator[ModelFile]:
    """A model file open for reading, its weights mapped; raises ModelFileError when it is none or not whole."""
    _check_start(path)
    try:
        mapped: Any = safe_open(path, framework="pt")
        with mapped as tensors:
            yield ModelFile(path, _header(path, tensors.metadata() or {}), path.stat().st_size, tensors)
    except (SafetensorError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelFileError(f"{path} is not a whole model file ({reason}): copy or train it again") from error


def parse(text: str | bytes) -> Any:
    """JSON whose objects name each key once and whose numbers are finite; ValueError otherwise."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key stands twice in one object")
        return found

    def finite(number: str) -> float:
        if not math.isfinite(float(number)):
            raise ValueError(f"the number {number[:20]} is too large or none")
        return float(number)

    try:
        return json.loads(text, object_pairs_hook=unique, parse_float=finite, parse_constant=finite)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _check_start(path: Path) -> None:
    """Looks at the length of the header and then at the header itself, before anything else is read or made."""
    try:
        if path.exists() and not path.is_file():
            inside = path / "best.safetensors"
            mend = f"name {inside}" if inside.is_file() else "expected a model such as best.safetensors"
            raise ModelFileError(f"{path} is not a file; {mend}")
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > size - 8:
                raise ModelFileError(f"{path} is not a whole model file ({size:,} bytes): cut short or another format")
            if length > MOST_HEADER_BYTES:
                raise ModelFileError(f"{path} has a header of {length:,} bytes; expected at most {MOST_HEADER_BYTES:,}")
            parse(file.read(length))
    except FileNotFoundError as error:
        raise ModelFileError(f"{path} is not there; expected a model file such as best.safetensors") from error
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}; check its rights") from error
    except ValueError as error:
        raise ModelFileError(f"{path} is not a safetensors file: its header is no JSON ({error})") from error


def _header(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    if _MARK not in metadata:
        raise ModelFileError(f"{path} is a safetensors file but not an Opsin model: expected header key {_MARK!r}")
    try:
        found = parse(metadata[_MARK])
    except ValueError as error:
        raise ModelFileError(f"{path} has a description that is no JSON ({error}): it is damaged") from error
    header = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    if header.get("format") != FORMAT:
        version = repr(header.get("format"))[:40]
        raise ModelFileError(f"{path} has the model format {version}; this Opsin reads {FORMAT}: update Opsin")
    if header.keys() != KEYS:
        odd = ", ".join(sorted(header.keys() ^ KEYS))[:200]
        raise ModelFileError(f"{path} has a description with other keys than expected ({odd}): it is damaged")
    return header


def _plain(value: Tensor) -> Tensor:
    value = value.detach().cpu().contiguous()
    return value.float() if value.is_floating_point() else value


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in cast("list[Any]", value)]
    return value
