"""Atomic file writes, after which a crash or a full disk leaves the previous file intact; names that are not UTF-8."""

import os
import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import OpsinError

_UNDECODED = re.compile("[\udc80-\udcff]")
_ESCAPED = re.compile("%([89A-F][0-9A-F]|25)")


def home_folder() -> Path:
    """Returns the home folder of the user; the root for one without a home, as in containers, which is not writable."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")


def printable_name(name: str) -> str:
    """Returns the name of a file as text that can be printed and saved.

    Args:
        name: Name or path as the system gives it; bytes that are not UTF-8 are lone surrogates.

    Examples:
        >>> printable_name(os.fsdecode(b"caf\\xe9.png"))
        'caf%E9.png'
    """
    if name.isascii() or not _UNDECODED.search(name):
        return name
    return _UNDECODED.sub(lambda byte: f"%{ord(byte[0]) - 0xDC00:02X}", name.replace("%", "%25"))


def stored_path(folder: str, name: str) -> str:
    """Returns the path of a file by its printable name.

    Args:
        folder: Path of a folder.
        name: Printable name or path within the folder.
    """
    path = f"{folder}/{name}"
    if "%" not in name or os.path.lexists(path):
        return path
    found = folder
    for part in name.split("/"):
        literal, stored = f"{found}/{part}", f"{found}/{_ESCAPED.sub(_unescaped, part)}"
        found = stored if not os.path.lexists(literal) and os.path.lexists(stored) else literal
    return found


def _unescaped(escape: re.Match[str]) -> str:
    return "%" if escape[1] == "25" else chr(0xDC00 + int(escape[1], 16))


@contextmanager
def replacing(path: Path) -> Generator[Path]:
    """Context manager for a temporary file that replaces `path` atomically when the block succeeds.

    If the block raises, the temporary file is deleted and `path` is unchanged. Missing parent folders are created.

    Args:
        path: The file to write or replace.

    Yields:
        A temporary path in the same folder, to be written inside the block.

    Raises:
        OpsinError: The folder is not writable or the disk is full.

    Examples:
        >>> import tempfile
        >>> target = Path(tempfile.mkdtemp()) / "a.txt"
        >>> with replacing(target) as temporary:
        ...     _ = temporary.write_text("whole")
        >>> target.read_text()
        'whole'
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()
        mode = temporary.stat().st_mode  # by the user's umask; some writers set 0600
        yield temporary
        temporary.chmod(mode)
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OpsinError(f"could not write {path}: {reason}. Fix: free disk space or choose another folder.") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def write_bytes(path: Path, content: bytes) -> None:
    """Writes bytes to a file atomically.

    Args:
        path: The file to write or replace.
        content: The bytes.

    Raises:
        OpsinError: The folder is not writable or the disk is full.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Writes text to a file atomically, encoded as UTF-8.

    Args:
        path: The file to write or replace.
        content: The text.

    Raises:
        OpsinError: The folder is not writable or the disk is full.
    """
    write_bytes(path, content.encode())
