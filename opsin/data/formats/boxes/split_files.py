"""Recognition of the annotation files of the splits and parts of one data set by their paths."""

import re
from pathlib import PurePosixPath

from ..masks.pairing import split_of
from ..split_names import split_name


def without_split(path: str) -> str:
    """Returns a path with wildcards for names of splits and numbers of parts; equal for the files of one data set.

    Args:
        path: Path of a file.

    Examples:
        >>> without_split("annotations/instances_train2017.json"), without_split("train_2.csv")
        ('annotations/instances_*.json', '*.csv')
    """
    parts = re.split(r"([/_\-.])", path)
    kept = ["*" if split_name(_without_year(part)) else re.sub(r"\d+", "#", part) for part in parts]
    return re.sub(r"\*(?:[_\-.]?#)+", "*", "".join(kept))


def split_of_file(path: str) -> str | None:
    """Returns the split by the folder or the name of a file.

    Args:
        path: Path of the file.

    Examples:
        >>> split_of_file("val/boxes.csv"), split_of_file("annotations/instances_train2017.json")
        ('valid', 'train')
    """
    return split_of(path) or split_name(_without_year(split_part(path)))


def split_part(path: str) -> str:
    """Returns the part of the name of a file that names its split: train2017 of instances_train2017.json; else "".

    Args:
        path: Path of the file.
    """
    parts = re.split(r"[_\-]", PurePosixPath(path).stem)
    return next((part for part in parts if split_name(_without_year(part))), "")


def _without_year(part: str) -> str:
    return re.sub(r"\d{4}$", "", part)
