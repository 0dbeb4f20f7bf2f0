"""YOLO: a data.yaml, or images/ beside labels/, with a text file an image; https://docs.ultralytics.com/datasets."""

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
from .annotations import ImageAnnotations, annotated_table
from .yolo_txt import MOST_BYTES, LabelFile, parse_label_file
from .yolo_yaml import LabelledImage, label_path, list_images, yaml_class_names

_MOST_FILES = 50
_NAMES = ("classes.txt", "obj.names", "labels/classes.txt", "coco.names")
_NONE = "no data.yaml, and no text files in labels/ for the images in images/"
_TRIED = 20
_UNNAMED = {id: id for id in range(1000)}
_SKIP = "skip_if_label_file_missing"


@dataclass(frozen=True, eq=False)
class _Parsed:
    """Label files put together."""

    images: list[ImageAnnotations]
    names: tuple[str, ...]
    outlined: bool
    notes: list[str]


def match_yolo(listing: FolderListing) -> FormatMatches:
    """Each data.yaml with names and images; without one, labels as text beside images."""
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
        if any(one.label for one in listed.images):
            notes = [*listing.notes, *(f"{path}: {note}" for note in listed.notes)]
            matches.append(_match(f"YOLO's {path}", (path,), listed.root, parsed, notes))
        else:
            reasons.append(f"{path}: {'; '.join(listed.notes) or 'no image has a label file'}")
    if not matches and not reasons:
        return _labels_alone(listing)
    return matches, "" if matches else "; ".join(reasons)


def _match(words: str, files: tuple[str, ...], root: Path, parsed: _Parsed, notes: list[str]) -> FormatMatch:
    kinds = (BOXES, INSTANCES, MASKS) if parsed.outlined else (BOXES,)

    def read(origin: str, kind: TargetKind | None) -> Table:
        said = [*notes, *parsed.notes]
        if parsed.outlined and kind in (None, BOXES):
            said.append("outlines are there too: say task instances or segment to learn them")
        return annotated_table(FileImages(root), parsed.images, parsed.names, origin, kind or kinds[0], said)

    return FormatMatch(words, files, kinds, read)


def _labels_alone(listing: FolderListing) -> FormatMatches:
    """Images of which at least half have a text file of boxes or outlines."""
    others = {path for path in listing.others if path.endswith((".txt", ".names"))}
    if 2 * len(others) < len(listing.images):
        return [], _NONE
    images = [LabelledImage(path, label_path(path), split_of(path)) for path in listing.images]
    images = [one if one.label in others else LabelledImage(one.image, None, one.split) for one in images]
    labelled = [one for one in images if one.label is not None]
    if not labelled or 2 * len(labelled) < len(images):
        return [], _NONE
    names = next((name for name in _NAMES if name in others), None)
    try:
        given = None if names is None else read_class_names(listing.folder / names, names).names
        _looks_right(listing.folder, labelled)
        parsed = _parse(listing.folder, images, given, False)
    except DataError as error:
        return [], f"text files beside the images: {error}"
    splits = {one.split for one in images}
    if None in splits or len(splits) == 1:
        parsed = _Parsed([_unsplit(one) for one in parsed.images], parsed.names, parsed.outlined, parsed.notes)
    files = (names,) if names else ()
    return [_match("YOLO labels", files, listing.folder, parsed, list(listing.notes))], ""


def _looks_right(folder: Path, labelled: list[LabelledImage]) -> None:
    """DataError unless one of the first text files holds boxes or outlines: other texts stand beside images too."""
    files, reason = FileImages(folder), "every one is empty"
    for one in labelled[:_TRIED]:
        try:
            if _labels(files, one.label or "", None)[0].boxes.size:
                return
        except DataError as error:
            reason = f"{one.label} {error}"
    raise DataError(reason)


def _unsplit(one: ImageAnnotations) -> ImageAnnotations:
    return ImageAnnotations(one.id, one.boxes, one.outlines, relative=True)


def _parse(root: Path, images: Iterable[LabelledImage], names: Mapping[int, str] | None, skip: bool) -> _Parsed:
    """All label files; a broken one is left out together with its image, and named. DataError when all are broken."""
    files = FileImages(root)
    read: list[tuple[LabelledImage, LabelFile | None]] = []
    broken: list[str] = []
    bare: list[str] = []
    seen: set[int] = set()
    for one in images:
        if one.label is None:
            bare.append(one.image)
            if not skip:
                read.append((one, None))
            continue
        try:
            labels, ids = _labels(files, one.label, names)
        except DataError as error:
            broken.append(f"{one.label} {error}".rstrip("."))
            continue
        seen |= ids
        read.append((one, labels))
    notes: list[str] = []
    if broken:
        said = f"{count(broken, 'label file')} left out with the image: {some(broken)}"
        if not any(labels is not None for _, labels in read):
            raise DataError(said)
        notes.append(said)
    if bare:
        notes.append(f"{count(bare, 'image')} without a label file {'left out' if skip else 'taken as background'}")
    known = names if names is not None else {id: str(id) for id in range(max(seen, default=0) + 1)}
    made = [
        ImageAnnotations(one.image, relative=True, split=one.split)
        if labels is None
        else ImageAnnotations(one.image, labels.boxes, labels.outlines, one.split, relative=True)
        for one, labels in read
    ]
    return _Parsed(made, tuple(known[id] for id in sorted(known)), any(one.outlines for one in made), notes)


def _labels(files: FileImages, path: str, names: Mapping[int, str] | None) -> tuple[LabelFile, set[int]]:
    """What a label file holds, by class indices; without names the ids are the indices."""
    try:
        text = files.start(path, MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError("is no text in UTF-8") from None
    if names is not None:
        return parse_label_file(text, {id: place for place, id in enumerate(sorted(names))}), set()
    labels = parse_label_file(text, _UNNAMED)
    return labels, {int(label) for label in labels.boxes[:, 4]}
