"""A picture for each object: ID/images/ID.png with ID/masks/*.png, or images/ID.png with masks/ID/*.png."""

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
NAME = "object"


@dataclass(frozen=True)
class _Layout:
    """Image -> the pictures of its objects, the images without, and pictures of no image."""

    parts: dict[str, tuple[str, ...]]
    lonely: tuple[str, ...]
    classes: dict[str, str]
    """Object -> its class, where the folders below masks/ name classes."""


class ObjectMasks:
    """Masks put together from one picture an object, by the ids of their images; a smaller object lies on top."""

    def __init__(
        self, files: FileImages, parts: Mapping[str, Sequence[str]], labels: Mapping[str, int] | None = None
    ) -> None:
        self._files = files
        self._parts = dict(parts)
        self._labels = dict(labels or {})

    def read(self, id: str) -> np.ndarray:
        """(height, width) int32: 256 times the object's number and its class, 0 where there is none.

        Empty pictures are no objects. DataError when one is broken, or of another size than its image.
        """
        paths = self._of(id)
        high, wide, _ = header(self._files.read(id))
        labels = [self._labels.get(path, 0) for path in paths]
        return stack_instances((self._inside(path, (high, wide)) for path in paths), labels, (high, wide))

    def stamp(self, id: str) -> str:
        """Names, sizes and times of last change of an image's objects."""
        return "|".join(f"{path}:{self._files.stamp(path)}" for path in self._of(id))

    def _inside(self, path: str, size: tuple[int, int]) -> np.ndarray:
        try:
            raw = read_mask(self._files.read(path))
        except DataError as error:
            raise DataError(f"has an object {path} that {error}") from error
        if raw.values.shape != size:
            high, wide = raw.values.shape
            raise DataError(
                f"has an object {path} of {high}x{wide}, but is {size[0]}x{size[1]} itself. Expected one size."
            )
        return raw.values >= 128 if raw.lossy else raw.as_colours() != 0

    def _of(self, id: str) -> Sequence[str]:
        if id not in self._parts:
            raise DataError("is not among the images with objects")
        return self._parts[id]


def match_object_folders(listing: FolderListing) -> FormatMatches:
    """A folder of objects for each image, also below the folders of splits or deeper."""
    layout = _layout(listing)
    if layout is None:
        return [], "no folder of objects for each image, such as masks/ beside images/ with one image"

    def read(origin: str, kind: TargetKind | None) -> Table:
        return _read(listing, layout, origin)

    return [FormatMatch("a folder of objects for each image", (), (INSTANCES,), read)], ""


def is_object_folders(listing: FolderListing) -> bool:
    """Whether the files are a folder of objects for each image."""
    return _layout(listing) is not None


def _layout(listing: FolderListing) -> _Layout | None:
    """Which of the two layouts fits; None when neither does."""
    if not any(set(MASKS) & set(place.lower().split("/")) for place in listing.image_folders):
        return None
    images: dict[str, list[str]] = {}
    objects: dict[str, list[tuple[str, list[str]]]] = {}
    for path in listing.images:
        folders = path.split("/")[:-1]
        place = next((at for at in reversed(range(len(folders))) if folders[at].lower() in (*IMAGES, *MASKS)), None)
        if place is None:
            continue
        above = "/".join(folders[:place])
        if folders[place].lower() in MASKS:
            objects.setdefault(above, []).append((path, folders[place + 1 :]))
        else:
            images.setdefault(above, []).append(path)
    return _below_each(images, objects) or _beside(images, objects)


def _below_each(images: dict[str, list[str]], objects: dict[str, list[tuple[str, list[str]]]]) -> _Layout | None:
    """ID/images/one.png, ID/masks/*.png, or ID/masks/CLASS/*.png."""
    if len(images) < 2 or any(len(paths) > 1 for paths in images.values()) or "" in images:
        return None
    single = {above: paths[0] for above, paths in images.items()}
    found = {above: objects[above] for above in single if above in objects}
    if all(len(parts) <= 1 for parts in found.values()) or any(
        len(f) > 1 for parts in found.values() for _, f in parts
    ):
        return None
    classes = {path: folders[0] for parts in found.values() for path, folders in parts if folders}
    every = sum(len(parts) for parts in found.values())
    whole = {single[above]: tuple(path for path, _ in parts) for above, parts in found.items()}
    lonely = tuple(path for above, path in single.items() if above not in found)
    return _Layout(whole, lonely, classes if len(classes) == every else {})


def _beside(images: dict[str, list[str]], objects: dict[str, list[tuple[str, list[str]]]]) -> _Layout | None:
    """images/ID.png, masks/ID/*.png, both maybe below the folder of a split."""
    folder_of: dict[str, list[str]] = {}
    for above, parts in objects.items():
        for path, folders in parts:
            if folders:
                folder_of.setdefault("/".join([above, *folders]), []).append(path)
    whole: dict[str, tuple[str, ...]] = {}
    lonely: list[str] = []
    for above, paths in images.items():
        for path in paths:
            inner = path[len(above) + bool(above) :].split("/", 1)[1]
            key = f"{above}/{inner.rpartition('.')[0]}"
            if key in folder_of:
                whole[path] = tuple(folder_of[key])
            else:
                lonely.append(path)
    if not whole or 2 * len(whole) < len(folder_of) or all(len(parts) <= 1 for parts in whole.values()):
        return None
    return _Layout(whole, tuple(lonely), {})


def _read(listing: FolderListing, layout: _Layout, origin: str) -> Table:
    ids = sorted(layout.parts)
    notes = list(listing.notes)
    if layout.lonely:
        notes.append(f"{count(layout.lonely, 'image')} without a folder of objects left out: {some(layout.lonely)}")
    used = set(ids) | {path for paths in layout.parts.values() for path in paths} | set(layout.lonely)
    left = [path for path in (*listing.images, *listing.others) if path not in used]
    if left:
        notes.append(f"{count(left, 'other file')} left out: {some(left)}")
    names = in_order(layout.classes.values()) or (NAME,)
    labels = {path: names.index(name) for path, name in layout.classes.items()}
    files = FileImages(listing.folder)
    folders = (layout.parts[id][0].rpartition("/")[0] for id in ids)
    rows = make_rows(ids, folders, kind=INSTANCES, splits=[split_of(id) for id in ids])
    masks = ObjectMasks(files, layout.parts, labels)
    table = Table(rows, files, Target(INSTANCES, names), origin, tuple(notes), masks=masks)
    return table.with_notes(f"{sum(map(len, layout.parts.values())):,} objects in {count(ids, 'image')}")
