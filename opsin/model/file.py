"""The model file: one `.safetensors` with the weights, and in its header all that a person or program needs to use them.

Loading runs no code: the header is JSON that describes layers, task and preparation, each checked by its own room, and
the tensors must be exactly those that the layers ask for. Format: https://huggingface.co/docs/safetensors.
"""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from opsin.core import ModelFileError, replacing

FORMAT = "1"
MOST_HEADER_BYTES = 16 * 2**20
KEYS = ("layers", "task", "preparation", "views", "about")


def write_model_file(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, Any]) -> None:
    """Writes weights and header, whole or not at all; `header` has the keys of `KEYS`."""
    metadata = {"opsin": FORMAT} | {key: json.dumps(header[key], ensure_ascii=False) for key in KEYS}
    flat = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    with replacing(path) as temporary:
        save_file(flat, temporary, metadata=metadata)


def read_header(path: Path) -> dict[str, Any]:
    """The header of a model file, without its weights; raises ModelFileError when it is none."""
    _check_length(path)
    try:
        with safe_open(path, framework="pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
    except (SafetensorError, OSError, ValueError) as error:
        raise _broken(path, error) from error
    if "opsin" not in metadata:
        raise ModelFileError(f"{path} is a safetensors file but not an Opsin model: expected the header key 'opsin'")
    if metadata["opsin"] != FORMAT:
        raise ModelFileError(f"{path} has model format {metadata['opsin']!r}, expected {FORMAT!r}: update Opsin")
    missing = [key for key in KEYS if key not in metadata]
    if missing:
        raise ModelFileError(f"{path} lacks {', '.join(missing)} in its header; expected a file that Opsin wrote whole")
    try:
        return {key: json.loads(metadata[key]) for key in KEYS}
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path} has a header that is not JSON ({type(error).__name__}); it is damaged") from error


def read_weights(path: Path, expected: Mapping[str, tuple[torch.Size, torch.dtype]]) -> dict[str, Tensor]:
    """The tensors of a model file, which must be exactly the `expected` names, shapes and types."""
    try:
        with safe_open(path, framework="pt") as file:
            names = set(file.keys())
            if names != set(expected):
                odd = sorted(names ^ set(expected))
                raise ModelFileError(f"{path} has other weights than its layers ask for, such as {odd[0]!r}")
            tensors: dict[str, Tensor] = {}
            for name, (shape, dtype) in expected.items():
                piece = file.get_slice(name)
                if tuple(piece.get_shape()) != tuple(shape):
                    raise ModelFileError(f"{path}: {name!r} has shape {piece.get_shape()}, expected {list(shape)}")
                tensors[name] = file.get_tensor(name).to(dtype)
            return tensors
    except (SafetensorError, OSError, ValueError) as error:
        raise _broken(path, error) from error


def _check_length(path: Path) -> None:
    """The header's length is the file's first 8 bytes; nothing is read or made before it is known to be sane."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise ModelFileError(
                f"{path} is not a file; expected a model such as runs/classify/data-1/best.safetensors"
            )
        with open(path, "rb") as file:
            start = file.read(8)
    except FileNotFoundError as error:
        raise ModelFileError(f"{path} is not there; expected a model file such as best.safetensors") from error
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}") from error
    length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
    if length > min(size - 8, MOST_HEADER_BYTES):
        raise ModelFileError(f"{path} is not a whole model file ({size} bytes); it is cut short or another format")


def _broken(path: Path, error: Exception) -> ModelFileError:
    reason = " ".join(str(error).split())[:200]
    return ModelFileError(f"{path} cannot be read as a model ({reason}); it is cut short, damaged or another format")
