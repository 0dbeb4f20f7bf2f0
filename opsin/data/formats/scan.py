"""Listing of the files below a folder."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from opsin.core import DataError

# fmt: off
IMAGE_EXTENSIONS = frozenset((
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".gif", ".tif", ".tiff", ".webp",
    ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".avif",
))
# fmt: on
_EXAMPLES = 5


@dataclass(frozen=True)
class FolderListing:
    """The files below a folder, as sorted paths within it with "/" as separator.

    Attributes:
        folder: The folder.
        images: Files with the extension of an image.
        others: All other files.
        notes: Messages on files that were left out.
    """

    folder: Path
    images: tuple[str, ...]
    others: tuple[str, ...]
    notes: tuple[str, ...]

    @cached_property
    def image_folders(self) -> frozenset[str]:
        """Returns the folders that contain images, as paths within; "" is the folder itself."""
        return frozenset(path.rpartition("/")[0] for path in self.images)


def scan(folder: Path) -> FolderListing:
    """Lists the files below a folder, without hidden files and links to targets outside of it.

    Args:
        folder: The folder.

    Returns:
        Its files.

    Raises:
        DataError: A folder cannot be read.
    """
    images: list[str] = []
    others: list[str] = []
    hidden: list[str] = []
    outside: list[str] = []
    root = os.path.realpath(folder)
    visited = {root}
    pending = [(root, "")]
    while pending:
        current, prefix = pending.pop()
        try:
            with os.scandir(current) as entries:
                for entry in entries:
                    name = entry.name
                    if name[0] == "." or name == "__MACOSX":
                        hidden.append(prefix + name)
                    elif entry.is_symlink() and not _within(root, entry.path):
                        outside.append(prefix + name)
                    elif entry.is_dir():
                        real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
                        if real not in visited:
                            visited.add(real)
                            pending.append((entry.path, f"{prefix}{name}/"))
                    elif name[name.rfind(".") :].lower() in IMAGE_EXTENSIONS:
                        images.append(prefix + name)
                    else:
                        others.append(prefix + name)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise DataError(
                f"the folder {current} cannot be read: {reason}. Fix: check its name and permissions."
            ) from error
    notes: list[str] = []
    if outside:
        notes.append(f"{count(outside, 'link')} to targets outside of the folder left out: {some(outside)}")
    if hidden:
        notes.append(f"{count(hidden, 'hidden file')} left out: {some(hidden)}")
    return FolderListing(folder, tuple(sorted(images)), tuple(sorted(others)), tuple(notes))


def count(items: object, noun: str) -> str:
    """Returns a number with its noun: "1 image", "2 images", "2 boxes".

    Args:
        items: A number, or a collection.
        noun: Noun in the singular.
    """
    number = items if isinstance(items, int) else len(items)  # pyright: ignore[reportArgumentType]
    plural = f"{noun}es" if noun.endswith("x") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def some(names: "list[str] | tuple[str, ...]", limit: int = _EXAMPLES) -> str:
    """Returns the first names, sorted, and the number of the others.

    Args:
        names: All names.
        limit: Maximum number of names to list.
    """
    listed = ", ".join(sorted(names)[:limit])
    return listed if len(names) <= limit else f"{listed}, and {len(names) - limit} more"


def _within(root: str, path: str) -> bool:
    real = os.path.realpath(path)
    return real == root or real.startswith(root + os.sep)
