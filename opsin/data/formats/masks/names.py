"""Names of folders and files that indicate images, masks, masks of objects, or pictures of annotations."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from ..split_names import words_of

Role = Literal["image", "mask", "objects", "view"]
"""Content of a folder or file; a view is a picture that shows annotations to people."""

# fmt: off
_WORDS: dict[Role, frozenset[str]] = {
    "view": frozenset((
        "visualization", "visualisation", "visualizations", "visualisations", "viz", "vis", "overlay", "overlays",
        "preview", "previews", "human", "superpixels", "blend", "blended",
    )),
    "objects": frozenset(("segmentationobject", "instance", "instances", "instanceids")),
    "mask": frozenset((
        "mask", "masks", "label", "labels", "lbl", "lbls", "annotation", "annotations", "annot", "annots", "anno",
        "annos", "ann", "gt", "gts", "groundtruth", "groundtruths", "truth", "truths", "segmentation",
        "segmentations", "segmentationclass", "seg", "segs", "segm", "target", "targets", "trimap", "trimaps",
        "manual", "semantic", "matte", "mattes", "labeled", "labelled", "labelids", "labeltrainids",
    )),
    "image": frozenset((
        "image", "images", "img", "imgs", "input", "inputs", "jpegimages", "picture", "pictures", "photo", "photos",
        "raw", "rgb", "original", "originals", "orig", "stills", "frames", "sat",
    )),
}
# fmt: on
_INDICATING = frozenset().union(*_WORDS.values())
_MASK = frozenset(("mask", "masks"))
_WORN = frozenset(("with", "without", "no", "not", "wearing", "worn", "weared", "face", "incorrect"))
"""Words of class folders such as without_mask, which is no folder of masks."""
_JOINED = re.compile(r"^(train|val|valid|test|default)(annots?|masks?|labels?|gt|images?)$")
_MASK_END = (
    r"(?:masks?|labels?|labell?ed|label_?ids|label_?train_?ids|train_?ids|gt|ground_?truth|seg|segm|segmentation|annotations?|"
    r"annot|anno|target|matte|trimap|gtfine|gtcoarse|manual\d?|(?:1st|2nd)(?:_?(?:ho|manual))?)(?:[_-]\d)?"
)
_VIEW_END = r"(?:colou?rs?|overlays?|viz|vis|visuali[sz]ations?|superpixels|blend|preview)"
_OBJECT_END = r"(?:instance_?ids?|instances?)"
_END = re.compile(rf"[_\-. ](?:(?P<mask>{_MASK_END})|(?P<view>{_VIEW_END})|(?P<objects>{_OBJECT_END}))$", re.IGNORECASE)
_START = re.compile(r"^(?:mask|label|gt|seg|segmentation)[_\-. ]", re.IGNORECASE)
_IMAGE_END = r"(?:image|img|input|sat|rgb|leftimg8bit|orig(?:inal)?|train|training|val|test)"
_IMAGE_AFFIX = re.compile(rf"^(?:image|img|input)[_\-. ]|[_\-. ]{_IMAGE_END}$", re.IGNORECASE)
_SEPARATORS = "_-. "


@lru_cache(4096)
def folder_role(name: str) -> tuple[Role | None, tuple[str, ...]]:
    """Returns the role of a folder by its name, and the words that do not indicate it.

    Args:
        name: Name of one folder, such as "train_masks".

    Returns:
        The role, None for other folders; and the other words, such as ("train",).
    """
    words: list[str] = []
    for word in words_of(name):
        joined = _JOINED.match(word)
        words += joined.groups() if joined else [word]
    rest = tuple(word for word in words if word not in _INDICATING)
    if {"segmentation", "object"} <= set(words):
        return "objects", rest
    for role, indicating in _WORDS.items():
        found = indicating.intersection(words)
        if found and not (found <= _MASK and _WORN.intersection(words)):
            return role, rest
    return None, tuple(words)


def strip_mask_affixes(stem: str) -> tuple[str, str, Role | None]:
    """Splits the stem of a file into the part that an image shares with its mask, and what indicates a mask.

    Args:
        stem: Name of a file without its extension, such as "cat_gtFine_labelIds".

    Returns:
        The stem without affixes ("cat"), the affixes in lower case ("gtfine labelids"), and the role that they
        indicate, None without any.
    """
    affixes: list[str] = []
    role: Role | None = None
    while (end := _END.search(stem)) is not None and end.start() > 0:
        named: Role = "view" if end["view"] else "objects" if end["objects"] else "mask"
        role = role if role in ("view", "objects") else named
        affixes.insert(0, end[0][1:].lower())
        stem = stem[: end.start()]
    start = _START.match(stem)
    if start is not None and start.end() < len(stem):
        affixes.insert(0, start[0][:-1].lower())
        stem, role = stem[start.end() :], role or "mask"
    elif stem.lower() in _WORDS["mask"]:
        affixes.insert(0, stem.lower())
        stem, role = "", role or "mask"
    return stem, " ".join(affixes), role


def strip_image_affixes(stem: str) -> str:
    """Returns the stem of an image without affixes such as img_ or _leftImg8bit; "" for image and the like.

    Args:
        stem: Name of a file without its extension.
    """
    return "" if stem.lower() in _WORDS["image"] else _IMAGE_AFFIX.sub("", stem) or stem


def common_affixes(stems: Iterable[str]) -> tuple[int, int]:
    """Returns the lengths of the start and the end that all stems share, up to a separator or a number.

    Args:
        stems: Names of files without extensions.

    Returns:
        Number of characters at the start and at the end: (0, 5) for 01_test and 02_test.
    """
    distinct = sorted(set(stems))
    if len(distinct) < 2:
        return 0, 0
    start = _shared(distinct[0], distinct[-1])
    while start and distinct[0][start - 1] not in _SEPARATORS:
        if not distinct[0][start - 1].isdigit() and all(stem[start : start + 1].isdigit() for stem in distinct):
            break
        start -= 1
    reverse = sorted(stem[::-1] for stem in distinct)
    end = _shared(reverse[0], reverse[-1])
    while end and reverse[0][end - 1] not in _SEPARATORS:
        end -= 1
    return (start, end) if all(len(stem) > start + end for stem in distinct) else (0, 0)


def _shared(one: str, other: str) -> int:
    """Returns the length of the common start of two texts."""
    pairs = zip(one, other, strict=False)
    return next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
