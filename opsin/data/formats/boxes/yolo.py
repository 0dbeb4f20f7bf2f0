"""Reader of YOLO: a data.yaml, or images/ and labels/, with a text file per image; https://docs.ultralytics.com/datasets."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from opsin.core import DataError

from ...images import FileImages
from ...table import Table
from ...targets import BOXES, INSTANCES, MASKS, TargetKind
from ..masks.pairing import split_of
from ..parsing import decode_text, load_yaml_texts
from ..reader import FormatMatch, FormatMatches, NearMiss
from ..scan import FolderListing, count, some
from .annotations import annotated_table
from .box_cleaning import corners_note
from .placing import ImageAnnotations
from .yolo_files import LabelFiles, class_files, find_labels, listed_splits, nearest_class_file
from .yolo_txt import MOST_BYTES, LabelFile, Layout, Rows, parse_label_file, parse_rows, recognise_layout
from .yolo_yaml import LabelledImage, keypoint_shape, list_images, yaml_class_names

_MOST_FILES = 50
_USUAL_NAMES = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
_NO_LABELS = "no data.yaml, and no text files in labels/ for the images in images/"
_MAX_TRIED = 20
_MOST_CLASSES = 1000
_SKIP = "skip_if_label_file_missing"


@dataclass(frozen=True, eq=False)
class _Parsed:
    """The parsed label files."""

    images: list[ImageAnnotations]
    names: tuple[str, ...]
    outlined: bool
    notes: list[str]


@dataclass(frozen=True)
class _Classes:
    """The names of all classes, and the class index by id of a label file."""

    names: tuple[str, ...]
    indices: Callable[[LabelledImage], Mapping[int, int]]


def match_yolo(listing: FolderListing) -> FormatMatches:
    """Matches data.yaml files with names and images; without any, text files of labels next to images.

    Args:
        listing: The files of the folder.

    Returns:
        The matches, and the reason when there are none.
    """
    matches: list[FormatMatch] = []
    reasons: list[str] = []
    is_near = False
    paths = [path for path in listing.others if path.lower().endswith((".yaml", ".yml"))]
    for path in paths[:_MOST_FILES]:
        names: Mapping[int, str] | None = None
        try:
            config = load_yaml_texts(listing.path(path), path)
            names = yaml_class_names(config, path)
            if names is None:
                continue
            listed = list_images(listing.folder, path, config)
            skip = str(config.get(_SKIP, "")).lower() in ("true", "yes", "on", "1")
            parsed = _parse(listed.root, listed.images, _of_yaml(names), skip, keypoint_shape(config))
            others = _other_orders(listing, path, names)
        except DataError as error:
            reasons.append(f"{path}: {error}".replace(f"{path}: {path}", path))
            is_near |= names is not None or path.rpartition("/")[2].lower() in _USUAL_NAMES
            continue
        if any(image.label for image in listed.images):
            notes = [*listing.notes, *(f"{path}: {note}" for note in listed.notes), *others]
            matches.append(_match(f"YOLO's {path}", (path,), listed.root, parsed, notes))
        else:
            reasons.append(f"{path}: {'; '.join(listed.notes) or 'no image has a label file'}")
    if not matches and not reasons:
        return _match_label_files(listing)
    reason = "" if matches else "; ".join(reasons)
    return matches, NearMiss(reason) if is_near else reason


def _of_yaml(names: Mapping[int, str]) -> _Classes:
    ids = sorted(names)
    indices = {id: index for index, id in enumerate(ids)}
    return _Classes(tuple(names[id] for id in ids), lambda _: indices)


def _other_orders(listing: FolderListing, path: str, names: Mapping[int, str]) -> list[str]:
    """Returns a note on files of class names in another order than in the data.yaml."""
    try:
        files = class_files(listing)
    except DataError:
        return []
    differing = [file for file, own in files.items() if any(names.get(id) != name for id, name in enumerate(own))]
    return [f"other classes in {some(differing, 2)}, those of {path} are used"] if differing else []


def _match(description: str, files: tuple[str, ...], root: Path, parsed: _Parsed, notes: list[str]) -> FormatMatch:
    kinds = (BOXES, INSTANCES, MASKS) if parsed.outlined else (BOXES,)

    def read(origin: str, kind: TargetKind | None) -> Table:
        messages = [*notes, *parsed.notes]
        if parsed.outlined and kind in (None, BOXES):
            messages.append("outlines are available too: set the task to instances or segment to use them")
        messages += corners_note(parsed.images, "centre, width and height", centred=True)
        return annotated_table(FileImages(root), parsed.images, parsed.names, origin, kind or kinds[0], messages)

    return FormatMatch(description, files, kinds, read)


def _match_label_files(listing: FolderListing) -> FormatMatches:
    """Matches folders in which at least half of the images have a text file of boxes or outlines."""
    others = [path for path in listing.others if path.lower().endswith((".txt", ".names", ".labels"))]
    if 2 * len(others) < len(listing.images):
        return [], _NO_LABELS
    labels = find_labels(listing.images, LabelFiles(others), others)
    images = [LabelledImage(image, label, split_of(image)) for image, label in labels.items()]
    labelled = [image for image in images if image.label is not None]
    if not labelled or 2 * len(labelled) < len(images):
        return [], _NO_LABELS
    try:
        _check_any_labels(listing.folder, labelled)
        files = class_files(listing)
        splits = listed_splits(listing) or {image.image: image.split for image in images if image.split}
        if len(set(splits.values())) < 2 or (len(splits) < len(images) and not listed_splits(listing)):
            splits = {}
        images = [replace(image, split=splits.get(image.image)) for image in images]
        parsed = _parse(listing.folder, images, _of_files(files) if files else None, False, None)
    except DataError as error:
        return [], f"text files next to the images: {error}"
    return [_match("YOLO labels", tuple(files), listing.folder, parsed, list(listing.notes))], ""


def _of_files(files: Mapping[str, tuple[str, ...]]) -> _Classes:
    """Returns classes joined by name from the files of class names; each label file has the ids of the nearest one."""
    names = tuple(dict.fromkeys(name for own in files.values() for name in own))
    index = {name: place for place, name in enumerate(names)}
    indices = {file: {id: index[name] for id, name in enumerate(own)} for file, own in files.items()}

    def of_image(image: LabelledImage) -> Mapping[int, int]:
        nearest = nearest_class_file(image.label or "", image.image, files)
        if nearest is None:
            raise DataError(f"fits several files of class names, {some(list(files), 2)}. Fix: move one next to it.")
        return indices[nearest]

    return _Classes(names, of_image)


def _check_any_labels(folder: Path, labelled: list[LabelledImage]) -> None:
    """Raises DataError unless one of the first text files contains boxes or outlines; they may be other texts."""
    files, reason = FileImages(folder), "every one is empty"
    for item in labelled[:_MAX_TRIED]:
        try:
            rows = _rows(files, item.label or "")
            layout = recognise_layout(row for _, row in rows)
            if parse_label_file(rows, {id: id for id in range(_MOST_CLASSES)}, layout).boxes.size:
                return
        except DataError as error:
            reason = f"{item.label} {error}"
    raise DataError(reason)


def _parse(
    root: Path,
    images: Iterable[LabelledImage],
    classes: _Classes | None,
    skip: bool,
    shape: Sequence[int] | None,
) -> _Parsed:
    """Parses all label files; invalid ones are left out with their images and noted; DataError when all are invalid."""
    files = FileImages(root)
    items = list(images)
    rows: dict[str, Rows] = {}
    broken: dict[str, str] = {}
    for item in items:
        if item.label is not None and item.label not in rows:
            try:
                rows[item.label] = _rows(files, item.label)
            except DataError as error:
                broken[item.label] = f"{item.label} {error}".rstrip(".")
    layout = recognise_layout((row for own in rows.values() for _, row in own), shape)
    classes = classes or _by_number(rows.values())
    read: list[ImageAnnotations] = []
    for item in items:
        if item.label is None:
            read += [] if skip else [ImageAnnotations(item.image, relative=True, split=item.split)]
        elif item.label in rows:
            try:
                labels = parse_label_file(rows[item.label], classes.indices(item), layout)
            except DataError as error:
                broken[item.label] = f"{item.label} {error}".rstrip(".")
            else:
                read.append(_annotations(item, labels))
    notes = _notes(items, rows, layout, skip)
    if broken:
        message = f"{count(broken, 'label file')} left out with the image: {some(list(broken.values()))}"
        if len(broken) == len({item.label for item in items} - {None}):
            raise DataError(message)
        notes.insert(0, message)
    return _Parsed(read, classes.names, any(item.outlines for item in read), notes)


def _annotations(item: LabelledImage, labels: LabelFile) -> ImageAnnotations:
    return ImageAnnotations(item.image, labels.boxes, labels.outlines, item.split, relative=True, traced=True)


def _notes(items: Sequence[LabelledImage], rows: Mapping[str, Rows], layout: Layout, skip: bool) -> list[str]:
    notes: list[str] = []
    unlabelled = sum(item.label is None for item in items)
    if unlabelled:
        action = "left out" if skip else "read as background"
        notes.append(f"{count(unlabelled, 'image')} without a label file {action}")
    shared = Counter(item.label for item in items)
    names = [item.image for item in items if item.label is not None and shared[item.label] > 1]
    if names:
        notes.append(f"{count(names, 'image')} share a label file, as only their endings differ: {some(names, 2)}")
    if layout.keypoints:
        notes.append("keypoints are not used, only the boxes")
    if layout.confidence or any(len(row) == 6 for own in rows.values() for _, row in own):
        notes.append("the last number of each label, a confidence, is not used")
    return notes


def _by_number(files: Iterable[Rows]) -> _Classes:
    """Returns classes that are named by their ids."""
    ids = [int(row[0]) for rows in files for _, row in rows if 0 <= row[0] < _MOST_CLASSES]
    indices = {id: id for id in range(max(ids, default=0) + 1)}
    return _Classes(tuple(map(str, indices)), lambda _: indices)


def _rows(files: FileImages, path: str) -> Rows:
    """Returns the lines of a label file."""
    return parse_rows(decode_text(files.start(path, MOST_BYTES), "the text"))
