"""The file of a gallery: one `.safetensors` with a JSON header, written whole or not at all."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from opsin.core import ModelFileError, OpsinError, write_bytes
from opsin.model.file import parse

from .calibration import Calibration
from .gallery import Gallery, Person, Template
from .networks import EMBEDDING
from .sealing import Sealed, seal, unseal

FORMAT = 1
SUFFIX = ".safetensors"
MAX_BYTES = 2**32
_MARK, _SEALED = "opsin_gallery", "opsin_sealed"
_FIX = "Fix: restore the file from a copy, or enroll again."


def write_gallery(path: Path, gallery: Gallery, passphrase: str | None = None) -> None:
    """Writes a gallery; files that an interrupted write left are deleted.

    Args:
        path: Path of the file, with the suffix .safetensors.
        gallery: The gallery.
        passphrase: Encrypts the file. Default: not encrypted.

    Raises:
        OpsinError: The path has another suffix, the disk is full or the folder is not writable.
    """
    if path.suffix != SUFFIX:
        raise OpsinError(f"{path} is no name of a gallery. Expected a name that ends in {SUFFIX}.")
    vectors = np.array([template.vector for _, template in gallery.templates()], np.float32).reshape(-1, EMBEDDING)
    content = save({"vectors": vectors}, metadata={_MARK: json.dumps(_header(gallery), allow_nan=False)})
    if passphrase is not None:
        sealed = seal(content, passphrase)
        cipher = np.frombuffer(sealed.content, np.uint8)
        content = save({"sealed": cipher}, metadata={_SEALED: json.dumps(sealed.to_json())})
    write_bytes(path, content)
    for left in path.parent.glob(f".{_literal(path.name)}.*.part"):
        with suppress(OSError):
            left.unlink()


def read_gallery(path: Path, network: str, passphrase: str | None = None) -> Gallery:
    """Reads a gallery; no code of the file runs.

    Args:
        path: Path of the file.
        network: SHA-256 of the embedding network in use.
        passphrase: Passphrase, where the file is encrypted.

    Raises:
        ModelFileError: The file is missing, damaged, encrypted with another passphrase or of another network.
    """
    content = _content(path)
    metadata, tensors = _load(path, content)
    if _SEALED in metadata:
        if passphrase is None:
            raise ModelFileError(f"{path} is encrypted. Expected a passphrase. Fix: set OPSIN_PASSPHRASE.")
        metadata, tensors = _load(path, unseal(_sealed(path, metadata[_SEALED], tensors), passphrase))
    if _MARK not in metadata:
        raise ModelFileError(f"{path} is no gallery. Expected a file that `opsin faces enroll` wrote.")
    try:
        gallery = _gallery(parse(metadata[_MARK]), tensors["vectors"])
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise ModelFileError(f"{path} is damaged ({str(error)[:100]}). {_FIX}") from error
    if gallery.network != network:
        raise ModelFileError(
            f"{path} has embeddings of the network {gallery.network[:16]!r}. Expected {network[:16]!r}: they cannot be "
            "compared. Fix: enroll the photos again."
        )
    return gallery


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ModelFileError(f"{path} is larger than {MAX_BYTES:,} bytes. Expected a gallery.")
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(
            f"{path} cannot be read: {error.strerror}. Expected a gallery. Fix: opsin faces enroll {path} PHOTOS."
        ) from error


def _load(path: Path, content: bytes) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """Returns metadata and tensors of a safetensors file in memory."""
    try:
        tensors = load(content)
        length = int.from_bytes(content[:8], "little")
        header = cast("dict[str, Any]", parse(content[8 : 8 + length]))
        metadata = header.get("__metadata__") or {}
        return {str(key): str(value) for key, value in metadata.items()}, tensors
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelFileError(
            f"{path} is no whole safetensors file ({' '.join(str(error).split())[:100]}). {_FIX}"
        ) from error


def _sealed(path: Path, text: str, tensors: Mapping[str, np.ndarray]) -> Sealed:
    try:
        values = parse(text)
        return Sealed(bytes.fromhex(values["salt"]), bytes.fromhex(values["nonce"]), tensors["sealed"].tobytes())
    except (ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"{path} is damaged ({str(error)[:100]}). {_FIX}") from error


def _header(gallery: Gallery) -> dict[str, Any]:
    people = [
        {
            "name": person.name,
            "consent": person.consent,
            "photos": [
                {"digest": photo.digest, "date": photo.date, "problems": list(photo.problems)}
                for photo in person.templates
            ],
        }
        for person in gallery.people
    ]
    return {
        "format": FORMAT,
        "network": gallery.network,
        "far": gallery.far,
        "threshold": gallery.threshold,
        "calibration": asdict(gallery.calibration),
        "people": people,
    }


def _gallery(header: Any, vectors: np.ndarray) -> Gallery:
    if header["format"] != FORMAT:
        raise ValueError(f"format {header['format']!r}, expected {FORMAT}")
    count = sum(len(entry["photos"]) for entry in header["people"])
    if vectors.dtype != np.float32 or vectors.shape != (count, EMBEDDING) or not np.isfinite(vectors).all():
        raise ValueError(f"{count} photos with vectors of shape {vectors.shape}")
    rows = iter(vectors)
    people: list[Person] = []
    for entry in header["people"]:
        photos = tuple(
            Template(str(photo["digest"]), str(photo["date"]), next(rows), tuple(map(str, photo["problems"])))
            for photo in entry["photos"]
        )
        people.append(Person(str(entry["name"]), str(entry["consent"]), photos))
    if len({person.name for person in people}) != len(people) or not all(person.templates for person in people):
        raise ValueError("a name is there twice or has no photo")
    values = header["calibration"]
    calibration = Calibration(
        float(values["mean"]),
        float(values["deviation"]),
        float(values["margin"]),
        int(values["people"]),
        str(values["source"]),
        bool(values["own"]),
    )
    return Gallery(str(header["network"]), tuple(people), calibration, float(header["far"]))


def _literal(name: str) -> str:
    """Returns a glob pattern for exactly this name."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
