"""The zip around a `.keras` file: three known members, each bounded before it is read, nothing unpacked to disk."""

import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from opsin.core import ModelFileError

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
MEMBERS = (METADATA, CONFIG, WEIGHTS)
MOST_EXPANSION = 100
"""A member over `FREE_BYTES` may grow this much when it is unpacked; Keras itself stores members as they are."""
FREE_BYTES = 64 * 2**20
_PIECE = 2**20
_EARLIEST = (1980, 1, 1, 0, 0, 0)


class _Pieces(io.BufferedReader):
    """A file that hands out no more than a piece at once, so that a zip's list of members cannot fill the memory."""

    def read(self, size: int | None = -1, /) -> bytes:
        """At most one piece."""
        piece = super().read(_PIECE + 1 if size is None or size < 0 else min(size, _PIECE + 1))
        if len(piece) > _PIECE:
            raise zipfile.BadZipFile("its list of members is too long")
        return piece


class Archive:
    """An open `.keras` zip whose members are exactly those that Keras writes."""

    def __init__(self, members: zipfile.ZipFile) -> None:
        self._zip = members
        infos = members.infolist()
        names = [info.filename for info in infos]
        odd = [name for name in names if name not in MEMBERS]
        missing = [name for name in MEMBERS if name not in names]
        if odd or missing or len(names) != len(MEMBERS):
            found = f"lacks {missing[0]!r}" if missing else f"holds {(odd or ['a name twice'])[0][:100]!r}"
            raise ModelFileError(
                f"is no `.keras` file of a model: it {found}; expected {', '.join(MEMBERS)}, each once"
            )
        for info in infos:
            _check(info)

    def size(self, name: str) -> int:
        """How many bytes a member says that it has."""
        return self._zip.getinfo(name).file_size

    def read(self, name: str, most: int) -> bytes:
        """A whole member of at most `most` bytes, its checksum compared."""
        size = self.size(name)
        if size > most:
            raise ModelFileError(f"has {size:,} bytes in {name!r}; expected at most {most:,}: it is no model of Keras")
        content = bytearray()
        with self._zip.open(name) as member:
            while piece := member.read(_PIECE):
                content += piece
        if len(content) != size:
            raise ModelFileError(f"is cut short: {name!r} has {len(content):,} of {size:,} bytes; copy it again")
        return bytes(content)


@contextmanager
def open_archive(path: Path) -> Generator[Archive]:
    """The file as an archive; ModelFileError, without the path, for whatever is wrong with the zip."""
    try:
        if not path.is_file():
            there = "is not a file" if path.exists() else "is not there"
            raise ModelFileError(f"{there}; expected a `.keras` file, as Keras's model.save writes it")
        with _Pieces(io.FileIO(path)) as file:
            _check_start(file)
            with zipfile.ZipFile(file) as members:
                yield Archive(members)
    except OSError as error:
        raise ModelFileError(
            f"cannot be read ({error.strerror or error}); check its rights or copy it again"
        ) from error
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        struct.error,
    ) as error:
        raise ModelFileError(f"is no whole zip ({error}): cut short or damaged, save or copy it again") from error


def write_archive(path: Path, contents: dict[str, bytes]) -> None:
    """Writes the members as Keras does: in this order, not compressed."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as members:
        for name in MEMBERS:
            info = zipfile.ZipInfo(name, _EARLIEST)
            info.external_attr = 0o600 << 16
            members.writestr(info, contents[name])


def _check_start(file: io.BufferedReader) -> None:
    start = file.read(8)
    file.seek(0)
    if start == b"\x89HDF\r\n\x1a\n":
        raise ModelFileError(
            "is a legacy HDF5 model or weights file; load it in Keras with keras.models.load_model and save it as "
            "`model.keras`"
        )
    if start[:4] != b"PK\x03\x04":
        size = os.fstat(file.fileno()).st_size
        raise ModelFileError(f"is no `.keras` file ({size:,} bytes that are no zip); save the model as `model.keras`")


def _check(info: zipfile.ZipInfo) -> None:
    mode = info.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise ModelFileError(f"holds {info.filename!r} as a link or device; expected a plain file: do not use it")
    if info.flag_bits & 1:
        raise ModelFileError(f"holds {info.filename!r} under a password; save the model without one")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ModelFileError(f"holds {info.filename!r} in a compression that Keras does not write; save it again")
    if info.file_size > max(FREE_BYTES, MOST_EXPANSION * info.compress_size):
        raise ModelFileError(
            f"holds {info.filename!r} with {info.file_size:,} bytes packed into {info.compress_size:,}; expected "
            f"at most {MOST_EXPANSION} times as much: do not use it"
        )
