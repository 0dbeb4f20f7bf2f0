"""The zip archive of a `.keras` file: three known members, each with a size limit, read in memory."""

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
MAX_EXPANSION = 100
"""Maximum compression ratio of members above `UNLIMITED_BYTES`. Keras stores members uncompressed."""
UNLIMITED_BYTES = 64 * 2**20
_CHUNK = 2**20
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)


class _BoundedReader(io.BufferedReader):
    """A file that returns at most 1 MiB per read, so that the list of members of a zip cannot fill the memory."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Reads at most one chunk. Raises BadZipFile if more is requested and available."""
        chunk = super().read(_CHUNK + 1 if size is None or size < 0 else min(size, _CHUNK + 1))
        if len(chunk) > _CHUNK:
            raise zipfile.BadZipFile("the list of members is too long")
        return chunk


class Archive:
    """An open `.keras` archive.

    Raises:
        ModelFileError: The members are not exactly those that Keras writes, or one of them is unsafe.
    """

    def __init__(self, members: zipfile.ZipFile) -> None:
        self._zip = members
        infos = members.infolist()
        names = [info.filename for info in infos]
        unknown = [name for name in names if name not in MEMBERS]
        missing = [name for name in MEMBERS if name not in names]
        if unknown or missing or len(names) != len(MEMBERS):
            found = f"lacks {missing[0]!r}" if missing else f"contains {(unknown or ['a name twice'])[0][:100]!r}"
            raise ModelFileError(
                f"is not a `.keras` file of a model: it {found}. Expected {', '.join(MEMBERS)}, each once."
            )
        for info in infos:
            _check_member(info)

    def size(self, name: str) -> int:
        """Returns the declared size of a member in bytes."""
        return self._zip.getinfo(name).file_size

    def read(self, name: str, limit: int) -> bytes:
        """Returns the content of a member. The checksum is verified.

        Args:
            name: Name of the member.
            limit: Maximum size in bytes.

        Raises:
            ModelFileError: The member is too large or truncated.
        """
        size = self.size(name)
        if size > limit:
            raise ModelFileError(f"has {size:,} bytes in {name!r}. Expected at most {limit:,}.")
        content = bytearray()
        with self._zip.open(name) as member:
            while chunk := member.read(_CHUNK):
                content += chunk
        if len(content) != size:
            raise ModelFileError(f"is truncated: {name!r} has {len(content):,} of {size:,} bytes. Fix: copy it again.")
        return bytes(content)


@contextmanager
def open_archive(path: Path) -> Generator[Archive]:
    """Opens a `.keras` file. Raises ModelFileError, without the path, for any problem of the archive."""
    try:
        if not path.is_file():
            problem = "is not a file" if path.exists() else "does not exist"
            raise ModelFileError(f"{problem}. Expected a `.keras` file, as Keras's model.save writes it.")
        with _BoundedReader(io.FileIO(path)) as file:
            _check_start(file)
            with zipfile.ZipFile(file) as members:
                yield Archive(members)
    except OSError as error:
        raise ModelFileError(
            f"cannot be read ({error.strerror or error}). Fix: check its permissions or copy it again."
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
        raise ModelFileError(f"is a truncated or damaged zip ({error}). Fix: save or copy it again.") from error


def write_archive(path: Path, contents: dict[str, bytes]) -> None:
    """Writes the members in Keras's order, uncompressed."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as members:
        for name in MEMBERS:
            info = zipfile.ZipInfo(name, _FIXED_DATE)
            info.external_attr = 0o600 << 16
            members.writestr(info, contents[name])


def _check_start(file: io.BufferedReader) -> None:
    start = file.read(8)
    file.seek(0)
    if start == b"\x89HDF\r\n\x1a\n":
        raise ModelFileError(
            "is a legacy HDF5 model or weights file. Expected a `.keras` file. Fix: load it in Keras with "
            "keras.models.load_model and save it as `model.keras`."
        )
    if start[:4] != b"PK\x03\x04":
        size = os.fstat(file.fileno()).st_size
        raise ModelFileError(
            f"is not a `.keras` file ({size:,} bytes, not a zip). Fix: save the model as `model.keras`."
        )


def _check_member(info: zipfile.ZipInfo) -> None:
    mode = info.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise ModelFileError(f"contains {info.filename!r} as a link or device. Expected a regular file.")
    if info.flag_bits & 1:
        raise ModelFileError(f"contains {info.filename!r} with a password. Fix: save the model without one.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ModelFileError(
            f"contains {info.filename!r} with an unknown compression. Expected none or deflate. Fix: save it again."
        )
    if info.file_size > max(UNLIMITED_BYTES, MAX_EXPANSION * info.compress_size):
        raise ModelFileError(
            f"contains {info.filename!r} with {info.file_size:,} bytes compressed to {info.compress_size:,}. Expected "
            f"a ratio of at most {MAX_EXPANSION}."
        )
