"""Cache of decoded samples: complete entries of bounded total size; the least recently used is removed first."""

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Generator
from pathlib import Path
from typing import IO

from opsin.core import home_folder

try:
    import fcntl
except ImportError:  # not on Windows: there an open file cannot be removed anyway
    fcntl = None

DEFAULT_GIB = 20.0
_STALE_SECONDS = 24 * 3600
_LOCK = "in-use"


def cache_folder(chosen: Path | None = None) -> Path:
    """Returns `chosen`, or OPSIN_CACHE, or `opsin` in the user's cache folder (XDG_CACHE_HOME, else ~/.cache)."""
    if chosen is not None:
        return Path(chosen)
    if named := os.environ.get("OPSIN_CACHE"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else home_folder() / ".cache") / "opsin"


def limit_bytes() -> int:
    """Returns the limit for all entries together: OPSIN_CACHE_GIB, or 20 GiB."""
    try:
        gib = float(os.environ.get("OPSIN_CACHE_GIB", DEFAULT_GIB))
    except ValueError:
        gib = DEFAULT_GIB
    return int(gib * 2**30)


def hold(entry: Path) -> IO[bytes] | None:
    """Marks an entry as used now, and as in use until the returned file is closed; returns None if it is missing."""
    try:
        lock = open(entry / _LOCK, "rb")  # noqa: SIM115 (held open on purpose)
    except OSError:
        return None
    with contextlib.suppress(OSError):
        if fcntl:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        os.utime(entry / _LOCK)
    return lock


@contextlib.contextmanager
def making(entry: Path) -> Generator[Path]:
    """Yields a new folder that becomes `entry` in one step when the block succeeds, and is removed when it fails.

    Of two processes that make the same entry, the second discards its own; both have the same content.
    """
    entry.parent.mkdir(parents=True, exist_ok=True)
    _sweep(entry.parent)
    part = entry.parent / f".{entry.name}.{os.getpid()}.{secrets.token_hex(4)}.part"
    part.mkdir()
    try:
        yield part
        (part / _LOCK).touch()
        try:
            os.rename(part, entry)
        except OSError:
            if not (entry / _LOCK).exists():
                raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def make_room(folder: Path, needed: int) -> None:
    """Removes the least recently used entries until `needed` more bytes fit under the limit."""
    entries = [(path, _used(path), _size(path)) for path in _entries(folder)]
    total = sum(size for _, _, size in entries)
    for path, _, size in sorted(entries, key=lambda entry: entry[1]):
        if total + needed <= limit_bytes():
            return
        if _discard_unless_held(path):
            total -= size


def discard(entry: Path) -> bool:
    """Removes an entry; returns True if it is gone. Processes that have it open keep what is mapped."""
    grave = entry.with_name(f".{entry.name}.{secrets.token_hex(4)}.part")
    try:
        os.rename(entry, grave)  # first, so that a half removed entry is never taken for a complete one
    except OSError:
        return False
    shutil.rmtree(grave, ignore_errors=True)
    return True


def _discard_unless_held(entry: Path) -> bool:
    with contextlib.ExitStack() as stack:
        if fcntl:
            try:
                lock = stack.enter_context(open(entry / _LOCK, "rb"))
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except FileNotFoundError:
                pass
            except OSError:
                return False
        return discard(entry)


def _sweep(folder: Path) -> None:
    """Removes unfinished entries of killed processes."""
    for path in folder.glob(".*.part"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(path, ignore_errors=True)


def _entries(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    except OSError:
        return []


def _used(entry: Path) -> float:
    try:
        return (entry / _LOCK).stat().st_mtime
    except OSError:
        return 0.0


def _size(entry: Path) -> int:
    total = 0
    with contextlib.suppress(OSError):
        for path in entry.iterdir():
            total += path.stat().st_size
    return total
