"""What lies in a folder, in one pass: images, tables, and the rest, which is named and left alone."""

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
    """The files below a folder as sorted paths within it, written with "/", and notes on what was left out."""

    folder: Path
    images: tuple[str, ...]
    others: tuple[str, ...]
    notes: tuple[str, ...]

    @cached_property
    def image_folders(self) -> frozenset[str]:
        """The folders that images lie in, as paths within; "" is the folder itself."""
        return frozenset(path.rpartition("/")[0] for path in self.images)


def scan(folder: Path) -> FolderListing:
    """Every file below `folder`; hidden ones and links that lead out of it are left out. DataError when unreadable."""
    images: list[str] = []
    others: list[str] = []
    hidden: list[str] = []
    outside: list[str] = []
    root = os.path.realpath(folder)
    seen = {root}
    waiting = [(root, "")]
    while waiting:
        place, prefix = waiting.pop()
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    name = entry.name
                    if name[0] == "." or name == "__MACOSX":
                        hidden.append(prefix + name)
                    elif entry.is_symlink() and not _within(root, entry.path):
                        outside.append(prefix + name)
                    elif entry.is_dir():
                        real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
                        if real not in seen:
                            seen.add(real)
                            waiting.append((entry.path, f"{prefix}{name}/"))
                    elif name[name.rfind(".") :].lower() in IMAGE_EXTENSIONS:
                        images.append(prefix + name)
                    else:
                        others.append(prefix + name)
        except OSError as error:
            raise DataError(
                f"cannot read the folder {place}: {(error.strerror or str(error)).lower()}; check its name and rights"
            ) from error
    notes: list[str] = []
    if outside:
        notes.append(f"{count(outside, 'link')} out of the folder left out: {some(outside)}")
    if hidden:
        notes.append(f"{count(hidden, 'hidden file')} left out: {some(hidden)}")
    return FolderListing(folder, tuple(sorted(images)), tuple(sorted(others)), tuple(notes))


def count(items: object, what: str) -> str:
    """ "1 image", "2 images", "2 boxes"."""
    number = items if isinstance(items, int) else len(items)  # pyright: ignore[reportArgumentType]
    plural = f"{what}es" if what.endswith("x") else f"{what}s"
    return f"{number} {what if number == 1 else plural}"


def some(names: "list[str] | tuple[str, ...]", limit: int = _EXAMPLES) -> str:
    """The first few names, and how many more there are."""
    listed = ", ".join(sorted(names)[:limit])
    return listed if len(names) <= limit else f"{listed}, and {len(names) - limit} more"


def _within(root: str, path: str) -> bool:
    real = os.path.realpath(path)
    return real == root or real.startswith(root + os.sep)
