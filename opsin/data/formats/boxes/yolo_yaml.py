"""YOLO's data.yaml: where the images of each split lie, and the names of the classes."""

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
_LABELS = {"images": "labels", "JPEGImages": "labels"}


@dataclass(frozen=True)
class LabelledImage:
    """An image by its path below the root, its label file likewise (None: there is none), and its split."""

    image: str
    label: str | None
    split: str | None


@dataclass(frozen=True)
class YoloImages:
    """What a data.yaml names: the folder above all of it, the images, and words on what is not there."""

    root: Path
    images: list[LabelledImage]
    notes: list[str]


def yaml_class_names(config: Mapping[str, Any], source: str) -> dict[int, str] | None:
    """Class id -> name; None when a YAML file is no data.yaml."""
    if not any(isinstance(config.get(key), (str, list)) for key in config if split_name(str(key))):
        return None
    names: Any = config.get("names")
    if names is None and isinstance(config.get("nc"), int) and 0 < config["nc"] < 100_000:
        names = [str(id) for id in range(config["nc"])]
    return None if names is None else class_names_of(names, source).names


def list_images(folder: Path, path: str, config: Mapping[str, Any]) -> YoloImages:
    """The images of every split; they may lie beside the folder of the file, not further away. DataError otherwise."""
    here = Path(os.path.realpath(folder / path)).parent
    top = Path(os.path.realpath(folder))
    base = here / str(config.get("path") or ".")
    if not base.is_dir() or not _inside(here.parent, str(base)):
        base = here  # a path on another machine
    found: list[tuple[str, Path, str]] = []
    notes: list[str] = []
    for key, value in config.items():
        split = split_name(str(key))
        for entry in cast("list[Any]", value if isinstance(value, list) else [value]) if split else []:
            if not isinstance(entry, str) or not entry:
                continue
            place = _place(here, base, entry)
            if place is None:
                notes.append(f"{key}: {entry} is not there")
            else:
                found.append((cast(str, split), place, entry))
    root = top if all(_inside(top, str(place)) for _, place, _ in found) else here.parent
    images: dict[str, LabelledImage] = {}
    for split, place, entry in found:
        if place.is_dir():
            for one in _in_folder(root, place, _label_folder(here, place, entry), split):
                images.setdefault(one.image, one)
        else:
            for one in _in_list(root, base, place, split):
                images.setdefault(one.image, one)
    return YoloImages(root, list(images.values()), notes)


def label_path(image: str) -> str:
    """Where YOLO looks for the labels of an image: labels/a.txt for images/a.jpg, else beside it.

    >>> label_path("train/images/a.jpg"), label_path("a.jpg")
    ('train/labels/a.txt', 'a.txt')
    """
    folders, _, name = image.rpartition("/")
    swapped = _swapped(folders)
    return f"{swapped}/{name.rpartition('.')[0]}.txt".lstrip("/") if folders else f"{name.rpartition('.')[0]}.txt"


def _swapped(folders: str) -> str:
    parts = folders.split("/")
    for place in reversed(range(len(parts))):
        if parts[place] in _LABELS:
            parts[place] = _LABELS[parts[place]]
            break
    return "/".join(parts)


def _place(here: Path, base: Path, entry: str) -> Path | None:
    """What an entry means: below the path, the file's own folder, without ../ in front, or one folder up."""
    text = entry.replace("\\", "/").removeprefix("./")
    inner = text
    while inner.startswith("../"):
        inner = inner[3:]
    for place in (base / text, here / text, here / inner, here.parent / inner):
        whole = os.path.normpath(place)
        if _inside(here.parent, whole) and _inside(here.parent, os.path.realpath(whole)) and os.path.exists(whole):
            return Path(whole)
    return None


def _label_folder(here: Path, place: Path, entry: str) -> Path:
    """The first of the folders that labels are kept in, beside the images' or below the file's own."""
    swapped = _swapped(entry.replace("\\", "/").removeprefix("./").rstrip("/"))
    for folder in (Path(_swapped(place.as_posix())), here / swapped):
        whole = Path(os.path.normpath(folder))
        if whole != place and whole.is_dir() and _inside(here.parent, os.path.realpath(whole)):
            return whole
    return place


def _in_folder(root: Path, place: Path, labels: Path, split: str) -> list[LabelledImage]:
    above, beside = (PurePosixPath(folder.relative_to(root).as_posix()) for folder in (place, labels))
    there = scan(labels).others
    known = {path for path in there if path.endswith(".txt")}
    made: list[LabelledImage] = []
    for path in scan(place).images:
        label = f"{path.rpartition('.')[0]}.txt"
        made.append(
            LabelledImage((above / path).as_posix(), (beside / label).as_posix() if label in known else None, split)
        )
    return made


def _in_list(root: Path, base: Path, place: Path, split: str) -> list[LabelledImage]:
    """The images that a text file lists, a path a line."""
    if place.stat().st_size > _MOST_LIST_BYTES:
        raise DataError(f"{place.name} is larger than {_MOST_LIST_BYTES:,} bytes. Expected a path a line.")
    made: list[LabelledImage] = []
    for line in place.read_text("utf-8-sig", "replace").splitlines():
        text = line.strip().replace("\\", "/")
        if os.path.splitext(text)[1].lower() not in IMAGE_EXTENSIONS:
            continue
        whole = next(
            (
                found
                for folder in (base, place.parent)
                if _inside(root, found := os.path.normpath(folder / text)) and os.path.exists(found)
            ),
            None,
        )
        if whole is not None:
            image = Path(whole).relative_to(root).as_posix()
            label = label_path(image)
            made.append(LabelledImage(image, label if os.path.isfile(root / label) else None, split))
    return made


def _inside(root: Path, place: str) -> bool:
    return place == str(root) or place.startswith(f"{root}{os.sep}")
