"""Parser of YOLO data.yaml: the images of each split, and the names of the classes."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, cast

from ..image_names import ImageNames
from ..masks.class_names import class_names_of
from ..masks.pairing import split_of
from ..scan import FolderListing, count, scan, some
from ..split_names import split_name
from .yolo_files import LabelFiles, label_counterpart, label_path, list_lines

_NOTHING = ("", "null", "~", "None")


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
    """Returns the names of the classes, as they are written.

    Args:
        config: Content of a YAML file, with all scalars as text.
        source: Its name in errors.

    Returns:
        Name by class id; None when the file is not a data.yaml.

    Raises:
        DataError: The names are invalid.
    """
    if not any(isinstance(config.get(key), (str, list)) for key in config if split_name(key)):
        return None
    names: Any = config.get("names")
    number = str(config.get("nc", ""))
    if names in (None, "", "null") and number.isascii() and number.isdigit() and 0 < int(number[:9]) < 100_000:
        names = [str(id) for id in range(int(number))]
    elif isinstance(names, str) and "," in names:
        names = [name.strip(" '\"") for name in names.strip("[]() ").split(",")]
    return None if names in (None, "", "null") else class_names_of(names, source).names


def keypoint_shape(config: Mapping[str, Any]) -> list[int] | None:
    """Returns the number of keypoints and of values of each; None without kpt_shape.

    Args:
        config: Content of a data.yaml, with all scalars as text.
    """
    shape: Any = config.get("kpt_shape")
    sides = [str(side) for side in cast("list[Any]", shape)] if isinstance(shape, list) else []
    return (
        [int(side) for side in sides]
        if len(sides) == 2 and all(side.isdigit() and len(side) < 5 for side in sides)
        else None
    )


def list_images(folder: Path, path: str, config: Mapping[str, Any]) -> YoloImages:
    """Lists the images of all splits; they must be below the parent of the folder of the file.

    Args:
        folder: Folder of the data set.
        path: Path of the data.yaml within it.
        config: Its content, with all scalars as text.

    Returns:
        The images.

    Raises:
        DataError: A list of images is too large.
    """
    file_folder = Path(os.path.realpath(folder / path)).parent
    top = Path(os.path.realpath(folder))
    base = file_folder / str(config.get("path") or ".").replace("\\", "/")
    if not base.is_dir() or not _is_inside(file_folder.parent, str(base)):
        base = file_folder  # a path on another machine
    found: list[tuple[str, Path, str]] = []
    notes: list[str] = []
    for key, value in config.items():
        split = split_name(key)
        for entry in cast("list[Any]", value if isinstance(value, list) else [value]) if split else []:
            if not isinstance(entry, str) or entry.strip() in _NOTHING:
                continue
            target = _resolve(file_folder, base, entry)
            if target is None:
                notes.append(f"{key}: {entry} does not exist")
            else:
                found.append((cast(str, split), target, entry))
    root = top if all(_is_inside(top, str(target)) for _, target, _ in found) else file_folder.parent
    files = _Files(root)
    images: dict[str, LabelledImage] = {}
    repeated: set[str] = set()
    for split, target, entry in found:
        if target.is_dir():
            listed = _images_in_folder(root, target, _label_folder(file_folder, target, entry), split)
        else:
            listed, missing = _images_in_list(files, base, target, split)
            notes += missing
        for image in listed:
            if images.setdefault(image.image, image).split != split:
                repeated.add(image.image)
    if repeated:
        notes.append(f"{count(repeated, 'image')} in several splits, used in the first: {some(list(repeated))}")
    return YoloImages(root, list(images.values()), notes)


class _Files:
    """The images and text files below a folder, listed when a path does not lead to them."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def names(self) -> ImageNames:
        return ImageNames(self._listing.images)

    @cached_property
    def labels(self) -> LabelFiles:
        return LabelFiles(self._listing.others)

    @cached_property
    def _listing(self) -> FolderListing:
        return scan(self.root)


def _resolve(file_folder: Path, base: Path, entry: str) -> Path | None:
    """Resolves an entry: below `base` or the folder of the file, or one folder up; None when it does not exist.

    Of a path of another machine, the longest end that exists is taken, down to the part that names the split.
    """
    text = entry.strip().replace("\\", "/").removeprefix("./")
    parts = [part for part in text.split("/") if part not in ("", ".", "..") and not part.endswith(":")]
    named = next((place for place in reversed(range(len(parts))) if split_of(f"{parts[place]}/x")), None)
    last = len(parts) - 1 if named is None else named
    ends = ["/".join(parts[start:]) for start in range(last + 1)]
    for target in (
        base / text,
        file_folder / text,
        *(file_folder / end for end in ends),
        *(file_folder.parent / end for end in ends),
    ):
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
    counterpart = label_counterpart(entry.replace("\\", "/").removeprefix("./").rstrip("/"))
    for folder in (Path(label_counterpart(target.as_posix())), file_folder / counterpart):
        resolved = Path(os.path.normpath(folder))
        if resolved != target and resolved.is_dir() and _is_inside(file_folder.parent, os.path.realpath(resolved)):
            return resolved
    return target


def _images_in_folder(root: Path, target: Path, labels: Path, split: str) -> list[LabelledImage]:
    image_parent, label_parent = (PurePosixPath(folder.relative_to(root).as_posix()) for folder in (target, labels))
    known = LabelFiles(scan(labels).others)
    images: list[LabelledImage] = []
    for path in scan(target).images:
        label = known.find(f"{path.rpartition('.')[0]}.txt", f"{path}.txt")
        image, label_file = (
            (image_parent / path).as_posix(),
            None if label is None else (label_parent / label).as_posix(),
        )
        images.append(LabelledImage(image, label_file, split))
    return images


def _images_in_list(files: _Files, base: Path, target: Path, split: str) -> tuple[list[LabelledImage], list[str]]:
    """Reads the images from a text file with one path per line, also of another machine; notes count missing ones."""
    images: list[LabelledImage] = []
    missing: list[str] = []
    moved: list[str] = []
    for text in list_lines(target, target.name):
        resolved = (os.path.normpath(folder / text) for folder in (base, target.parent))
        path = next((found for found in resolved if _is_inside(files.root, found) and os.path.exists(found)), None)
        if path is not None:
            image = Path(path).relative_to(files.root).as_posix()
        else:
            image = files.names.find(text, target.parent.relative_to(files.root).as_posix())
            if image is None:
                missing.append(text)
                continue
            moved.append(image)
        usual = label_path(image)
        label = (
            usual
            if os.path.isfile(files.root / usual)
            else files.labels.find(usual, f"{usual[:-4]}{Path(image).suffix}.txt")
        )
        images.append(LabelledImage(image, label, split))
    notes: list[str] = []
    if moved:
        notes.append(f"{count(moved, 'image')} of {target.name} found by name: {some(moved, 2)}")
    if missing:
        notes.append(f"{count(missing, 'image')} of {target.name} missing: {some(missing, 2)}")
    return images, notes


def _is_inside(root: Path, target: str) -> bool:
    return target == str(root) or target.startswith(f"{root}{os.sep}")
