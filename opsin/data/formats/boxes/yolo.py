"""Reader of YOLO: a data.yaml, or images/ and labels/, with a text file per image; https://docs.ultralytics.com/datasets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from opsin.core import DataError

from ...images import FileImages
from ...table import Table
from ...targets import BOXES, INSTANCES, MASKS, TargetKind
from ..masks.class_names import read_class_names
from ..masks.pairing import split_of
from ..parsing import load_yaml
from ..reader import FormatMatch, FormatMatches
from ..scan import FolderListing, count, some
from .annotations import annotated_table
from .placing import ImageAnnotations
from .yolo_txt import MOST_BYTES, LabelFile, parse_label_file
from .yolo_yaml import LabelledImage, label_path, list_images, yaml_class_names

_MOST_FILES = 50
_CLASS_FILES = ("classes.txt", "obj.names", "labels/classes.txt", "coco.names")
_NO_LABELS = "no data.yaml, and no text files in labels/ for the images in images/"
_MAX_TRIED = 20
_UNNAMED = {id: id for id in range(1000)}
_SKIP = "skip_if_label_file_missing"


@dataclass(frozen=True, eq=False)
class _Parsed:
    """The parsed label files."""

    images: list[ImageAnnotations]
    names: tuple[str, ...]
    outlined: bool
    notes: list[str]


def match_yolo(listing: FolderListing) -> FormatMatches:
    """Matches data.yaml files with names and images; without any, text files of labels next to images.

    Args:
        listing: The files of the folder.

    Returns:
        The matches, and the reason when there are none.
    """
    matches: list[FormatMatch] = []
    reasons: list[str] = []
    paths = [path for path in listing.others if path.lower().endswith((".yaml", ".yml"))]
    for path in paths[:_MOST_FILES]:
        try:
            config = load_yaml(listing.folder / path, path)
            names = yaml_class_names(config, path)
            if names is None:
                continue
            listed = list_images(listing.folder, path, config)
            parsed = _parse(listed.root, listed.images, names, bool(config.get(_SKIP)))
        except DataError as error:
            reasons.append(f"{path}: {error}".replace(f"{path}: {path}", path))
            continue
        if any(image.label for image in listed.images):
            notes = [*listing.notes, *(f"{path}: {note}" for note in listed.notes)]
            matches.append(_match(f"YOLO's {path}", (path,), listed.root, parsed, notes))
        else:
            reasons.append(f"{path}: {'; '.join(listed.notes) or 'no image has a label file'}")
    if not matches and not reasons:
        return _match_label_files(listing)
    return matches, "" if matches else "; ".join(reasons)


def _match(description: str, files: tuple[str, ...], root: Path, parsed: _Parsed, notes: list[str]) -> FormatMatch:
    kinds = (BOXES, INSTANCES, MASKS) if parsed.outlined else (BOXES,)

    def read(origin: str, kind: TargetKind | None) -> Table:
        messages = [*notes, *parsed.notes]
        if parsed.outlined and kind in (None, BOXES):
            messages.append("outlines are available too: set the task to instances or segment to use them")
        return annotated_table(FileImages(root), parsed.images, parsed.names, origin, kind or kinds[0], messages)

    return FormatMatch(description, files, kinds, read)


def _match_label_files(listing: FolderListing) -> FormatMatches:
    """Matches folders in which at least half of the images have a text file of boxes or outlines."""
    others = {path for path in listing.others if path.endswith((".txt", ".names"))}
    if 2 * len(others) < len(listing.images):
        return [], _NO_LABELS
    images = [LabelledImage(path, label_path(path), split_of(path)) for path in listing.images]
    images = [image if image.label in others else LabelledImage(image.image, None, image.split) for image in images]
    labelled = [image for image in images if image.label is not None]
    if not labelled or 2 * len(labelled) < len(images):
        return [], _NO_LABELS
    names = next((name for name in _CLASS_FILES if name in others), None)
    try:
        given = None if names is None else read_class_names(listing.folder / names, names).names
        _check_any_labels(listing.folder, labelled)
        parsed = _parse(listing.folder, images, given, False)
    except DataError as error:
        return [], f"text files next to the images: {error}"
    splits = {image.split for image in images}
    if None in splits or len(splits) == 1:
        parsed = _Parsed([_unsplit(image) for image in parsed.images], parsed.names, parsed.outlined, parsed.notes)
    files = (names,) if names else ()
    return [_match("YOLO labels", files, listing.folder, parsed, list(listing.notes))], ""


def _check_any_labels(folder: Path, labelled: list[LabelledImage]) -> None:
    """Raises DataError unless one of the first text files contains boxes or outlines; they may be other texts."""
    files, reason = FileImages(folder), "every one is empty"
    for item in labelled[:_MAX_TRIED]:
        try:
            if _labels(files, item.label or "", None)[0].boxes.size:
                return
        except DataError as error:
            reason = f"{item.label} {error}"
    raise DataError(reason)


def _unsplit(image: ImageAnnotations) -> ImageAnnotations:
    return ImageAnnotations(image.id, image.boxes, image.outlines, relative=True)


def _parse(root: Path, images: Iterable[LabelledImage], names: Mapping[int, str] | None, skip: bool) -> _Parsed:
    """Parses all label files; invalid ones are left out with their images and noted; DataError when all are invalid."""
    files = FileImages(root)
    read: list[tuple[LabelledImage, LabelFile | None]] = []
    broken: list[str] = []
    unlabelled: list[str] = []
    seen: set[int] = set()
    for item in images:
        if item.label is None:
            unlabelled.append(item.image)
            if not skip:
                read.append((item, None))
            continue
        try:
            labels, ids = _labels(files, item.label, names)
        except DataError as error:
            broken.append(f"{item.label} {error}".rstrip("."))
            continue
        seen |= ids
        read.append((item, labels))
    notes: list[str] = []
    if broken:
        message = f"{count(broken, 'label file')} left out with the image: {some(broken)}"
        if not any(labels is not None for _, labels in read):
            raise DataError(message)
        notes.append(message)
    if unlabelled:
        action = "left out" if skip else "read as background"
        notes.append(f"{count(unlabelled, 'image')} without a label file {action}")
    class_names = names if names is not None else {id: str(id) for id in range(max(seen, default=0) + 1)}
    annotations = [
        ImageAnnotations(item.image, relative=True, split=item.split)
        if labels is None
        else ImageAnnotations(item.image, labels.boxes, labels.outlines, item.split, relative=True, traced=True)
        for item, labels in read
    ]
    return _Parsed(
        annotations,
        tuple(class_names[id] for id in sorted(class_names)),
        any(item.outlines for item in annotations),
        notes,
    )


def _labels(files: FileImages, path: str, names: Mapping[int, str] | None) -> tuple[LabelFile, set[int]]:
    """Returns the content of a label file, and the class ids without given names, where ids are class indices."""
    try:
        text = files.start(path, MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError("is not UTF-8 text.") from None
    if names is not None:
        return parse_label_file(text, {id: index for index, id in enumerate(sorted(names))}), set()
    labels = parse_label_file(text, _UNNAMED)
    return labels, {int(label) for label in labels.boxes[:, 4]}
