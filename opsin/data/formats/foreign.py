"""Labels of other tools that are not read: recognised by their files, with what to do about them."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass

from .scan import IMAGE_EXTENSIONS, FolderListing, count

_HEAD = 20_000
_MOST_FILES = 20
_AS_COCO = "export them as COCO"
_DOTA = re.compile(r"^(?:[\d.]+[ ,]){8}\S+ \d\s*$", re.MULTILINE)
_KITTI = re.compile(r"^\S+ -?[\d.]+ -?\d (?:-?[\d.]+ ?){12,13}\s*$", re.MULTILINE)
_YOLO_PIXELS = re.compile(r"^\d+(?: (?:[2-9]|[1-9]\d+)(?:\.\d+)?){4}\s*$", re.MULTILINE)
_LISTED = re.compile(
    rf"^[^\s,;]+(?:{'|'.join(map(re.escape, IMAGE_EXTENSIONS))})[ \t,;]+\S", re.MULTILINE | re.IGNORECASE
)
_CLASS_IN_NAME = re.compile(r"^([^\W\d_][^\d]*?)[._ (-]*\d+\)?$")


@dataclass(frozen=True)
class ForeignLabels:
    """Labels of another tool.

    Attributes:
        name: Name of the format or tool.
        extension: Extension of the files, in lower case.
        fits: Returns True for the start of such a file.
        fix: What to do about them.
    """

    name: str
    extension: str
    fits: Callable[[str], bool]
    fix: str


def _holds(*words: str) -> Callable[[str], bool]:
    return lambda text: all(word in text for word in words)


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.search(text) is not None


FOREIGN = (
    ForeignLabels("VIA (VGG Image Annotator)", ".json", _holds('"shape_attributes"', '"region_attributes"'), _AS_COCO),
    ForeignLabels("VIA (VGG Image Annotator)", ".csv", _holds("region_shape_attributes"), _AS_COCO),
    ForeignLabels("Label Studio", ".json", _holds('"annotations"', '"data"', '"result"'), f"{_AS_COCO}, YOLO or CSV"),
    ForeignLabels("CVAT", ".xml", _holds("<annotations", "<image "), f"{_AS_COCO} or Pascal VOC"),
    ForeignLabels("image captions", ".json", _holds('"caption"', '"image_id"'), "give classes or boxes"),
    ForeignLabels(
        "Hugging Face", ".jsonl", _holds('"file_name"'), "give each line file_name and label, or save boxes as COCO"
    ),
    ForeignLabels("DOTA", ".txt", _matches(_DOTA), "convert them to COCO or YOLO"),
    ForeignLabels("KITTI", ".txt", _matches(_KITTI), "convert them to COCO or YOLO"),
    ForeignLabels("YOLO, but in pixels", ".txt", _matches(_YOLO_PIXELS), "divide x and y by width and height"),
    ForeignLabels("the form path and label", ".txt", _matches(_LISTED), "save them as .csv, with commas"),
)  # fmt: skip


def foreign_labels(listing: FolderListing) -> str:
    """Returns a sentence on labels of another tool, or on classes in the names of files; empty without any.

    Args:
        listing: The files of the folder.
    """
    for known in FOREIGN:
        files = [name for name in listing.others if name.lower().endswith(known.extension)]
        found = next((name for name in files[:_MOST_FILES] if known.fits(_start(listing, name))), None)
        if found is not None:
            return f"{found} holds labels of {known.name}, which are not read. Fix: {known.fix}."
    return _class_in_names(listing)


def _class_in_names(listing: FolderListing) -> str:
    """Returns a sentence when the files of a folder are named cat.0.jpg and dog.0.jpg, several of each."""
    for folder in sorted(listing.image_folders):
        stems = [os.path.splitext(path)[0].rpartition("/") for path in listing.images]
        named = [_CLASS_IN_NAME.match(stem) for parent, _, stem in stems if parent == folder]
        words = [found[1] for found in named if found]
        classes = sorted(set(words))
        if len(classes) > 1 and len(words) == len(named) and all(words.count(name) > 1 for name in classes):
            examples = f"{classes[0]}, {classes[1]}"
            return (
                f"{count(len(named), 'image')} but no class folders: classes may be in the names ({examples}). "
                "Fix: put the images of each class into a folder of its own, or list them in a .csv with path,label."
            )
    return ""


def _start(listing: FolderListing, name: str) -> str:
    try:
        with open(listing.path(name), "rb") as file:
            return file.read(_HEAD).decode("utf-8-sig", "replace")
    except OSError:
        return ""
