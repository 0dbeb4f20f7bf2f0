"""Listing of the files below a folder."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from opsin.core import DataError, printable_name, stored_path

# fmt: off
IMAGE_EXTENSIONS = frozenset((
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".gif", ".tif", ".tiff", ".webp",
    ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".avif",
))
# fmt: on
# fmt: off
_SYSTEM = frozenset((
    "__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "$recycle.bin", "recycler", "lost+found",
    "system volume information", "found.000", "#recycle", "#snapshot", "@eadir", "@recycle", "@recently-snapshot",
    "@tmp", "@__thumb", "~snapshot", "network trash folder", "temporary items", "thevolumesettingsfolder",
    "__pycache__", "node_modules", "site-packages", "wandb", "mlruns", "lightning_logs",
))
# fmt: on
"""Names in lower case that systems, network storage and tools of training leave in a folder."""
_RUN_RECORDS = ("args.yaml", "evaluation.json")
_RUN_FILES = frozenset(
    (
        "best.safetensors",
        "last.safetensors",
        "metrics.csv",
        "table.parquet",
        "predictions.parquet",
        "report.html",
        "results.csv",
        "plots",
        "weights",
        "confusion_matrix.png",
        "labels.jpg",
    )
)
_RUN_IMAGES = "plots"
_EXAMPLES = 5


@dataclass(frozen=True)
class FolderListing:
    """The files below a folder, as sorted printable paths within it with "/" as separator.

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

    def path(self, name: str) -> Path:
        """Returns the path of a file of the listing, of which the name may have bytes that cannot be printed.

        Args:
            name: Path within the folder.
        """
        return Path(stored_path(str(self.folder), name))


def scan(folder: Path) -> FolderListing:
    """Lists the files below a folder.

    Left out, and named in notes: hidden files, what systems and network storage leave behind, virtual environments,
    folders of runs and evaluations, and links to targets outside of the folder.

    Args:
        folder: The folder.

    Returns:
        Its files.

    Raises:
        DataError: A folder cannot be read.
    """
    images: list[str] = []
    others: list[str] = []
    left_out: dict[str, list[str]] = {"hidden or system file": [], "run folder": [], "virtual environment": []}
    outside: list[str] = []
    root = os.path.realpath(folder)
    visited = {root}
    pending = [(root, "")]
    while pending:
        current, prefix = pending.pop()
        entries = _entries(current)
        names = {entry.name for entry in entries}
        kind = _left_out_as(names)
        if kind is not None and prefix:
            left_out[kind].append(prefix[:-1])
            continue
        for entry in entries:
            name = printable_name(entry.name)
            if name[0] == "." or name.lower() in _SYSTEM:
                left_out["hidden or system file"].append(prefix + name)
            elif entry.is_symlink() and not _within(root, entry.path):
                outside.append(prefix + name)
            elif entry.is_dir():
                real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
                if kind == "run folder" and name == _RUN_IMAGES:
                    left_out[kind].append(name)
                elif real not in visited:
                    visited.add(real)
                    pending.append((entry.path, f"{prefix}{name}/"))
            elif name[name.rfind(".") :].lower() in IMAGE_EXTENSIONS:
                images.append(prefix + name)
            else:
                others.append(prefix + name)
    notes = [f"{count(outside, 'link')} to targets outside of the folder left out: {some(outside)}"] if outside else []
    notes += [f"{count(paths, noun)} left out: {some(paths)}" for noun, paths in left_out.items() if paths]
    return FolderListing(folder, tuple(sorted(images)), tuple(sorted(others)), tuple(notes))


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(
            f"the folder {folder} cannot be read: {reason}. Fix: check its name and permissions."
        ) from error


def _left_out_as(names: set[str]) -> str | None:
    """Returns the noun of a folder with these files that is left out; None for a folder of data."""
    if "pyvenv.cfg" in names:
        return "virtual environment"
    return "run folder" if any(name in names for name in _RUN_RECORDS) and names & _RUN_FILES else None


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
