"""Parser of YOLO data.yaml: the images of each split, and the names of the classes."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, cast

from opsin.core import DataError

from ..masks.class_names import class_names_of
from ..scan import IMAGE_EXTENSIONS, scan
from ..split_names import split_name

_MOST_LIST_BYTES = 1 << 28
_LABEL_FOLDERS = {"images": "labels", "JPEGImages": "labels"}


@dataclass(frozen=True)
class LabelledImage:
    """An image and its label file (None: missing), as paths below the root, and its split."""

    image: str
    label: str | None
    split: str | None


@dataclass(frozen=True)
class YoloImages:
    """The images of a data.yaml: their common folder, the images, and notes on missing entries."""

    root: Path
    images: list[LabelledImage]
    notes: list[str]


def yaml_class_names(config: Mapping[str, Any], source: str) -> dict[int, str] | None:
    """Returns the names of the classes.

    Args:
        config: Content of a YAML file.
        source: Its name in errors.

    Returns:
        Name by class id; None when the file is not a data.yaml.

    Raises:
        DataError: The names are invalid.
    """
    if not any(isinstance(config.get(key), (str, list)) for key in config if split_name(str(key))):
        return None
    names: Any = config.get("names")
    if names is None and isinstance(config.get("nc"), int) and 0 < config["nc"] < 100_000:
        names = [str(id) for id in range(config["nc"])]
    return None if names is None else class_names_of(names, source).names


def list_images(folder: Path, path: str, config: Mapping[str, Any]) -> YoloImages:
    """Lists the images of all splits; they must be below the parent of the folder of the file.

    Args:
        folder: Folder of the data set.
        path: Path of the data.yaml within it.
        config: Its content.

    Returns:
        The images.

    Raises:
        DataError: A list of images is too large.
    """
    file_folder = Path(os.path.realpath(folder / path)).parent
    top = Path(os.path.realpath(folder))
    base = file_folder / str(config.get("path") or ".")
    if not base.is_dir() or not _is_inside(file_folder.parent, str(base)):
        base = file_folder  # a path on another machine
    found: list[tuple[str, Path, str]] = []
    notes: list[str] = []
    for key, value in config.items():
        split = split_name(str(key))
        for entry in cast("list[Any]", value if isinstance(value, list) else [value]) if split else []:
            if not isinstance(entry, str) or not entry:
                continue
            target = _resolve(file_folder, base, entry)
            if target is None:
                notes.append(f"{key}: {entry} does not exist")
            else:
                found.append((cast(str, split), target, entry))
    root = top if all(_is_inside(top, str(target)) for _, target, _ in found) else file_folder.parent
    images: dict[str, LabelledImage] = {}
    for split, target, entry in found:
        if target.is_dir():
            for image in _images_in_folder(root, target, _label_folder(file_folder, target, entry), split):
                images.setdefault(image.image, image)
        else:
            for image in _images_in_list(root, base, target, split):
                images.setdefault(image.image, image)
    return YoloImages(root, list(images.values()), notes)


def label_path(image: str) -> str:
    """Returns the path of the label file of an image: labels/a.txt for images/a.jpg, else in the same folder.

    Args:
        image: Path of the image.

    Examples:
        >>> label_path("train/images/a.jpg"), label_path("a.jpg")
        ('train/labels/a.txt', 'a.txt')
    """
    folders, _, name = image.rpartition("/")
    counterpart = _label_counterpart(folders)
    return f"{counterpart}/{name.rpartition('.')[0]}.txt".lstrip("/") if folders else f"{name.rpartition('.')[0]}.txt"


def _label_counterpart(folders: str) -> str:
    parts = folders.split("/")
    for index in reversed(range(len(parts))):
        if parts[index] in _LABEL_FOLDERS:
            parts[index] = _LABEL_FOLDERS[parts[index]]
            break
    return "/".join(parts)


def _resolve(file_folder: Path, base: Path, entry: str) -> Path | None:
    """Resolves an entry: below `base` or `here`, without leading ../, or one folder up; None when it does not exist."""
    text = entry.replace("\\", "/").removeprefix("./")
    stripped = text
    while stripped.startswith("../"):
        stripped = stripped[3:]
    for target in (base / text, file_folder / text, file_folder / stripped, file_folder.parent / stripped):
        resolved = os.path.normpath(target)
        if (
            _is_inside(file_folder.parent, resolved)
            and _is_inside(file_folder.parent, os.path.realpath(resolved))
            and os.path.exists(resolved)
        ):
            return Path(resolved)
    return None


def _label_folder(file_folder: Path, target: Path, entry: str) -> Path:
    """Returns the folder of the labels: the counterpart of the image folder, or one below the folder of the file."""
    counterpart = _label_counterpart(entry.replace("\\", "/").removeprefix("./").rstrip("/"))
    for folder in (Path(_label_counterpart(target.as_posix())), file_folder / counterpart):
        resolved = Path(os.path.normpath(folder))
        if resolved != target and resolved.is_dir() and _is_inside(file_folder.parent, os.path.realpath(resolved)):
            return resolved
    return target


def _images_in_folder(root: Path, target: Path, labels: Path, split: str) -> list[LabelledImage]:
    image_parent, label_parent = (PurePosixPath(folder.relative_to(root).as_posix()) for folder in (target, labels))
    label_files = scan(labels).others
    known = {path for path in label_files if path.endswith(".txt")}
    images: list[LabelledImage] = []
    for path in scan(target).images:
        label = f"{path.rpartition('.')[0]}.txt"
        images.append(
            LabelledImage(
                (image_parent / path).as_posix(), (label_parent / label).as_posix() if label in known else None, split
            )
        )
    return images


def _images_in_list(root: Path, base: Path, target: Path, split: str) -> list[LabelledImage]:
    """Reads the images from a text file with one path per line."""
    if target.stat().st_size > _MOST_LIST_BYTES:
        raise DataError(f"{target.name} is larger than {_MOST_LIST_BYTES:,} bytes. Expected one path per line.")
    images: list[LabelledImage] = []
    for line in target.read_text("utf-8-sig", "replace").splitlines():
        text = line.strip().replace("\\", "/")
        if os.path.splitext(text)[1].lower() not in IMAGE_EXTENSIONS:
            continue
        resolved = next(
            (
                found
                for folder in (base, target.parent)
                if _is_inside(root, found := os.path.normpath(folder / text)) and os.path.exists(found)
            ),
            None,
        )
        if resolved is not None:
            image = Path(resolved).relative_to(root).as_posix()
            label = label_path(image)
            images.append(LabelledImage(image, label if os.path.isfile(root / label) else None, split))
    return images


def _is_inside(root: Path, target: str) -> bool:
    return target == str(root) or target.startswith(f"{root}{os.sep}")
