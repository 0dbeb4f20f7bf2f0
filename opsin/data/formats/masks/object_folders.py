"""Reader of one mask per object: ID/images/ID.png with ID/masks/*.png, or images/ID.png with masks/ID/*.png."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from opsin.core import DataError
from opsin.geometry.instance_masks import stack_instances

from ...decode import header
from ...images import FileImages
from ...table import Table, make_rows
from ...targets import INSTANCES, Target, TargetKind
from ..reader import FormatMatch, FormatMatches
from ..scan import FolderListing, count, some
from ..split_names import in_order
from .pairing import split_of
from .pixel_values import read_mask

IMAGES, MASKS = ("images", "image"), ("masks", "mask", "objects")
DEFAULT_CLASS = "object"


@dataclass(frozen=True)
class _Layout:
    """The masks of the objects of each image.

    Attributes:
        parts: Masks of the objects by image.
        without_objects: Images without a folder of objects.
        classes: Class by mask, where the folders below masks/ are classes.
    """

    parts: dict[str, tuple[str, ...]]
    without_objects: tuple[str, ...]
    classes: dict[str, str]


class ObjectMasks:
    """Instance masks combined from one mask per object, smaller objects on top.

    Args:
        files: Reader of the files.
        parts: Paths of the masks of the objects by id of the image.
        labels: Class index by path of a mask; None for one class.
    """

    def __init__(
        self, files: FileImages, parts: Mapping[str, Sequence[str]], labels: Mapping[str, int] | None = None
    ) -> None:
        self._files = files
        self._parts = dict(parts)
        self._labels = dict(labels or {})

    def read(self, id: str) -> np.ndarray:
        """Reads the instance mask of one image; empty masks are not objects.

        Args:
            id: Id of the image.

        Returns:
            int32 (height, width): 256 times the object id plus the class index, 0 where there is none.

        Raises:
            DataError: A mask is invalid, or of another size than the image.
        """
        paths = self._paths(id)
        height, width, _ = header(self._files.read(id))
        labels = [self._labels.get(path, 0) for path in paths]
        return stack_instances((self._object_mask(path, (height, width)) for path in paths), labels, (height, width))

    def stamp(self, id: str) -> str:
        """Returns names, sizes and modification times of the masks of an image as text, to detect changes.

        Args:
            id: Id of the image.
        """
        return "|".join(f"{path}:{self._files.stamp(path)}" for path in self._paths(id))

    def _object_mask(self, path: str, size: tuple[int, int]) -> np.ndarray:
        try:
            mask = read_mask(self._files.read(path))
        except DataError as error:
            raise DataError(f"has an object {path} that {error}") from error
        if mask.values.shape != size:
            height, width = mask.values.shape
            raise DataError(
                f"has an object {path} of {height}x{width}, but the image is {size[0]}x{size[1]}. Expected equal sizes."
            )
        return mask.values >= 128 if mask.lossy else mask.as_colours() != 0

    def _paths(self, id: str) -> Sequence[str]:
        if id not in self._parts:
            raise DataError("is not among the images with objects.")
        return self._parts[id]


def match_object_folders(listing: FolderListing) -> FormatMatches:
    """Matches a folder of objects for each image, also below folders of splits or deeper.

    Args:
        listing: The files of the folder.

    Returns:
        The matches, and the reason when there are none.
    """
    layout = _layout(listing)
    if layout is None:
        return [], "no folder of objects for each image, such as masks/ next to images/ with one image"

    def read(origin: str, kind: TargetKind | None) -> Table:
        return _read(listing, layout, origin)

    return [FormatMatch("a folder of objects for each image", (), (INSTANCES,), read)], ""


def is_object_folders(listing: FolderListing) -> bool:
    """Returns True when the files are a folder of objects for each image.

    Args:
        listing: The files of the folder.
    """
    return _layout(listing) is not None


def _layout(listing: FolderListing) -> _Layout | None:
    """Returns the layout that fits; None when neither does."""
    if not any(set(MASKS) & set(folder.lower().split("/")) for folder in listing.image_folders):
        return None
    images: dict[str, list[str]] = {}
    objects: dict[str, list[tuple[str, list[str]]]] = {}
    for path in listing.images:
        folders = path.split("/")[:-1]
        depth = next(
            (index for index in reversed(range(len(folders))) if folders[index].lower() in (*IMAGES, *MASKS)), None
        )
        if depth is None:
            continue
        prefix = "/".join(folders[:depth])
        if folders[depth].lower() in MASKS:
            objects.setdefault(prefix, []).append((path, folders[depth + 1 :]))
        else:
            images.setdefault(prefix, []).append(path)
    return _folder_per_image(images, objects) or _common_folder(images, objects)


def _folder_per_image(images: dict[str, list[str]], objects: dict[str, list[tuple[str, list[str]]]]) -> _Layout | None:
    """Parses ID/images/one.png with ID/masks/*.png or ID/masks/CLASS/*.png."""
    if len(images) < 2 or any(len(paths) > 1 for paths in images.values()) or "" in images:
        return None
    single = {prefix: paths[0] for prefix, paths in images.items()}
    found = {prefix: objects[prefix] for prefix in single if prefix in objects}
    if all(len(parts) <= 1 for parts in found.values()) or any(
        len(f) > 1 for parts in found.values() for _, f in parts
    ):
        return None
    classes = {path: folders[0] for parts in found.values() for path, folders in parts if folders}
    total = sum(len(parts) for parts in found.values())
    masks_of = {single[prefix]: tuple(path for path, _ in parts) for prefix, parts in found.items()}
    without_objects = tuple(path for prefix, path in single.items() if prefix not in found)
    return _Layout(masks_of, without_objects, classes if len(classes) == total else {})


def _common_folder(images: dict[str, list[str]], objects: dict[str, list[tuple[str, list[str]]]]) -> _Layout | None:
    """Parses images/ID.png with masks/ID/*.png, optionally below folders of splits."""
    folder_of: dict[str, list[str]] = {}
    for prefix, parts in objects.items():
        for path, folders in parts:
            if folders:
                folder_of.setdefault("/".join([prefix, *folders]), []).append(path)
    masks_of: dict[str, tuple[str, ...]] = {}
    without_objects: list[str] = []
    for prefix, paths in images.items():
        for path in paths:
            inner = path[len(prefix) + bool(prefix) :].split("/", 1)[1]
            key = f"{prefix}/{inner.rpartition('.')[0]}"
            if key in folder_of:
                masks_of[path] = tuple(folder_of[key])
            else:
                without_objects.append(path)
    if not masks_of or 2 * len(masks_of) < len(folder_of) or all(len(parts) <= 1 for parts in masks_of.values()):
        return None
    return _Layout(masks_of, tuple(without_objects), {})


def _read(listing: FolderListing, layout: _Layout, origin: str) -> Table:
    ids = sorted(layout.parts)
    notes = list(listing.notes)
    if layout.without_objects:
        missing = layout.without_objects
        notes.append(f"{count(missing, 'image')} without a folder of objects left out: {some(missing)}")
    used = set(ids) | {path for paths in layout.parts.values() for path in paths} | set(layout.without_objects)
    unused = [path for path in (*listing.images, *listing.others) if path not in used]
    if unused:
        notes.append(f"{count(unused, 'other file')} left out: {some(unused)}")
    names = in_order(layout.classes.values()) or (DEFAULT_CLASS,)
    labels = {path: names.index(name) for path, name in layout.classes.items()}
    files = FileImages(listing.folder)
    folders = (layout.parts[id][0].rpartition("/")[0] for id in ids)
    rows = make_rows(ids, folders, kind=INSTANCES, splits=[split_of(id) for id in ids])
    masks = ObjectMasks(files, layout.parts, labels)
    table = Table(rows, files, Target(INSTANCES, names), origin, tuple(notes), masks=masks)
    return table.with_notes(f"{sum(map(len, layout.parts.values())):,} objects in {count(ids, 'image')}")
