"""The model file: one `.safetensors` with the weights, and in its header, as JSON, everything that their use needs.

Loading runs no code: the header describes layers, task and preprocessing, which their own packages check, and the
weights must be exactly those of the layers. Parts are further data under a name. Format:
https://huggingface.co/docs/safetensors.
"""

import json
import math
import os
import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor

from opsin.core import ModelFileError, replacing

FORMAT = 2
"""Version of the file format; raised whenever an older Opsin would misread a file."""

MOST_HEADER_BYTES = 16 * 2**20
KEYS = frozenset({"format", "layers", "task", "preprocessing", "tta", "provenance", "parts"})
PART_TYPES = {
    torch.float32: "F32",
    torch.float64: "F64",
    torch.float16: "F16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
"""Types of the tensors of parts, with their names in the file."""
_TYPES = {torch.float32: "F32", torch.int64: "I64"}
_BITS = {"F64": 64, "I64": 64, "F32": 32, "I32": 32, "F16": 16, "U8": 8, "BOOL": 8}
_MARK = "opsin"
_PARTS = "parts/"
_PART_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_TENSOR_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_AGAIN = "Fix: copy or train the model again."


@dataclass(frozen=True)
class Part:
    """A named optional part of a model file, such as the limits of a calibration or a gallery.

    Attributes:
        json: Plain JSON values.
        tensors: Tensors on the CPU, of a type in `PART_TYPES`, by name.
    """

    json: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tensors: Mapping[str, Tensor] = field(default_factory=dict[str, Tensor])


@dataclass(frozen=True)
class ModelFile:
    """An open model file.

    Attributes:
        path: Path of the file.
        header: Values by the names in `KEYS`.
        weight_bytes: Size of the whole file in bytes, the most that its weights can take.
    """

    path: Path
    header: dict[str, Any]
    weight_bytes: int
    _tensors: Any

    def weights(self, expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Returns the weights as views of the mapped file.

        Args:
            expected: Tensors with the names, shapes and types that the file must have; may be on the meta device.
                Nothing is allocated for a tensor that differs.

        Raises:
            ModelFileError: The file has other names, shapes or types.
        """
        odd = sorted({name for name in self._tensors.keys() if not name.startswith(_PARTS)} ^ set(expected))  # noqa: SIM118
        if odd:
            raise ModelFileError(f"{self.path} has other weights than its layers, such as {odd[0][:100]!r}. {_AGAIN}")
        for name, wanted in expected.items():
            piece = self._tensors.get_slice(name)
            found, asked = (piece.get_dtype(), piece.get_shape()), (_TYPES[wanted.dtype], list(wanted.shape))
            if found != asked:
                raise ModelFileError(
                    f"{self.path} has {name!r} as {found[0]} {found[1]}. Expected {asked[0]} {asked[1]}. {_AGAIN}"
                )
        return {name: self._tensors.get_tensor(name) for name in expected}

    def parts(self) -> dict[str, Part]:
        """Returns all parts, also those that this version has no reader for; tensors are copies.

        Raises:
            ModelFileError: A name, a type or a shape is none that `write_model_file` writes.
        """
        described: Any = self.header["parts"]
        if not isinstance(described, dict):
            raise ModelFileError(f"{self.path} has damaged parts. Expected a JSON object. {_AGAIN}")
        parts: dict[str, tuple[dict[str, Any], dict[str, Tensor]]] = {}
        for name, content in cast("dict[str, Any]", described).items():
            if not _PART_NAME.fullmatch(name) or not isinstance(content, dict):
                raise ModelFileError(f"{self.path} has a damaged part {name[:80]!r}. Expected a JSON object. {_AGAIN}")
            parts[name] = cast("dict[str, Any]", content), {}
        for key in self._tensors.keys():  # noqa: SIM118
            if key.startswith(_PARTS):
                part, _, name = key.removeprefix(_PARTS).partition("/")
                if part not in parts or not _TENSOR_NAME.fullmatch(name):
                    raise ModelFileError(
                        f"{self.path} has a tensor {key[:80]!r} of no part. Expected parts/<name>/<tensor>. {_AGAIN}"
                    )
                parts[part][1][name] = self._part_tensor(key)
        return {name: Part(content, tensors) for name, (content, tensors) in parts.items()}

    def _part_tensor(self, key: str) -> Tensor:
        piece = self._tensors.get_slice(key)
        kind, shape = piece.get_dtype(), piece.get_shape()
        if kind not in _BITS:
            raise ModelFileError(
                f"{self.path} has a tensor {key[:80]!r} of type {kind}. Expected {', '.join(_BITS)}. {_AGAIN}"
            )
        # an axis of length 0 hides any other length
        if math.prod(max(1, length) for length in shape) * _BITS[kind] > 8 * max(self.weight_bytes, 8):
            raise ModelFileError(
                f"{self.path} has a tensor {key[:80]!r} of shape {str(shape)[:80]}. Expected at most the bytes of the "
                f"file. {_AGAIN}"
            )
        return self._tensors.get_tensor(key).clone()


def write_model_file(
    path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, Any], parts: Mapping[str, Part] | None = None
) -> None:
    """Writes a model file, whole or not at all.

    Args:
        path: Path of the file; its folder is made.
        tensors: Weights by name, written as float32 where they are floats.
        header: Values by the names in `KEYS`, without "format" and "parts". Numbers that are not finite become null.
        parts: Parts by name: lower-case letters, digits, - and _. Default: none.

    Raises:
        OpsinError: The disk is full or the file cannot be written.
        ModelFileError: The header is too long, or a part has a name or type that cannot be read again.
    """
    parts = {} if parts is None else parts
    described = {"format": FORMAT, **header, "parts": {name: part.json for name, part in parts.items()}}
    text = json.dumps(_finite(described), allow_nan=False)
    if len(text) > MOST_HEADER_BYTES // 2:
        raise ModelFileError(
            f"{path}: the header has {len(text):,} characters. Expected at most {MOST_HEADER_BYTES // 2:,}. "
            "Fix: shorten the notes in `provenance` or keep long values of parts as tensors."
        )
    flat = {name: _plain(value) for name, value in tensors.items()} | dict(_part_tensors(path, parts))
    with replacing(path) as temporary:
        try:
            save_file(flat, temporary, metadata={_MARK: text})
        except SafetensorError as error:  # the library has no errno to give
            raise OSError(0, " ".join(str(error).split())) from error


def _part_tensors(path: Path, parts: Mapping[str, Part]) -> Iterator[tuple[str, Tensor]]:
    """The tensors of all parts by their names in the file."""
    for name, part in parts.items():
        if not _PART_NAME.fullmatch(name):
            raise ModelFileError(f"{path}: a part is named {name[:80]!r}. Expected such as 'gallery'. Fix: rename it.")
        for key, value in part.tensors.items():
            if not _TENSOR_NAME.fullmatch(key) or value.dtype not in PART_TYPES:
                allowed = ", ".join(str(kind).removeprefix("torch.") for kind in PART_TYPES)
                raise ModelFileError(
                    f"{path}: the tensor {key[:80]!r} of the part {name!r} has the type {value.dtype}. "
                    f"Expected a name of letters, digits, _ . - and one of {allowed}. Fix: convert it."
                )
            yield f"{_PARTS}{name}/{key}", value.detach().cpu().contiguous().clone()


@contextmanager
def open_model_file(path: Path) -> Generator[ModelFile]:
    """Opens a model file for reading, with its weights mapped into memory.

    Raises:
        ModelFileError: The file is missing, damaged, cut short, of another format or of another program.
    """
    _check_start(path)
    try:
        mapped: Any = safe_open(path, framework="pt")
        with mapped as tensors:
            yield ModelFile(path, _header(path, tensors.metadata() or {}), path.stat().st_size, tensors)
    except (SafetensorError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelFileError(f"{path} is not a whole model file ({reason}). {_AGAIN}") from error


def parse(text: str | bytes) -> Any:
    """Parses JSON from an untrusted file.

    Raises:
        ValueError: The text is no JSON, nested too deep, has a key twice in one object, or a number that is not finite.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("an object has a key twice")
        return found

    def finite(number: str) -> float:
        if not math.isfinite(float(number)):
            raise ValueError(f"the number {number[:20]} is not finite")
        return float(number)

    try:
        return json.loads(text, object_pairs_hook=unique, parse_float=finite, parse_constant=finite)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _check_start(path: Path) -> None:
    """Checks the length of the header and then the header, before anything else is read or allocated."""
    try:
        if path.exists() and not path.is_file():
            inside = path / "best.safetensors"
            fix = f" Fix: name {inside}." if inside.is_file() else ""
            raise ModelFileError(f"{path} is not a file. Expected a model file such as best.safetensors.{fix}")
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > size - 8:
                raise ModelFileError(
                    f"{path} is not a whole model file: cut short or another format ({size:,} bytes). {_AGAIN}"
                )
            if length > MOST_HEADER_BYTES:
                raise ModelFileError(
                    f"{path} has a header of {length:,} bytes. Expected at most {MOST_HEADER_BYTES:,}."
                )
            parse(file.read(length))
    except FileNotFoundError as error:
        raise ModelFileError(f"{path} does not exist. Expected a model file such as best.safetensors.") from error
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}. Fix: check its permissions.") from error
    except ValueError as error:
        raise ModelFileError(
            f"{path} is not a safetensors file: its header is no JSON ({error}). Expected a model file."
        ) from error


def _header(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    if _MARK not in metadata:
        raise ModelFileError(f"{path} is a safetensors file of another program. Expected the header key {_MARK!r}.")
    try:
        found = parse(metadata[_MARK])
    except ValueError as error:
        raise ModelFileError(f"{path} has a description that is no JSON ({error}). {_AGAIN}") from error
    header = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    if header.get("format") != FORMAT:
        found_format: Any = header.get("format")
        older = type(found_format) is int and 0 < found_format < FORMAT
        raise ModelFileError(
            f"{path} has the model format {repr(found_format)[:40]}. Expected format {FORMAT}. "
            f"Fix: {'train the model again' if older else 'update Opsin'}."
        )
    if header.keys() != KEYS:
        odd = ", ".join(sorted(header.keys() ^ KEYS))[:200]
        raise ModelFileError(f"{path} has a description with other keys than expected ({odd}). {_AGAIN}")
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
