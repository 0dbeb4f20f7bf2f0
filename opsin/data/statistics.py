"""Size, channels and intensity scale of the images of a table, for the choice of the network and its input."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from opsin.core import DataError, Progress, silent

from .decode import header_and_depth, values_of
from .formats.scan import count, some
from .intensity import Intensity, ValueRange, intensity_of, range_of
from .samples import Volume, image_of
from .table import Images, Table

_CHUNK = 256
_FAR_ABOVE_FRACTIONS = 10


@dataclass(frozen=True)
class VolumeStatistics:
    """Statistics of the volumes of a data set.

    Attributes:
        size: Median (depth, height, width) in voxels, along the canonical axes where targets are masks.
        channels: Number of channels of the first volume.
        spacing: Median distance between voxels along each axis, in millimetres; None where a volume has none.
    """

    size: tuple[int, int, int]
    channels: int
    spacing: tuple[float, float, float] | None


@dataclass(frozen=True)
class ImageStatistics:
    """Statistics of the images of a data set.

    Attributes:
        height: Median height in pixels.
        width: Median width in pixels.
        colour: True when any image has colour.
        count: Number of images that were inspected.
        deep: True when any image has more than 8 bits or floats, so that its values are scaled.
        volumes: Statistics of the volumes; None where samples are images. Height and width are those of the volumes.
    """

    height: int
    width: int
    colour: bool
    count: int
    deep: bool = False
    volumes: VolumeStatistics | None = None


def image_statistics(table: Table, sample: int = 256) -> ImageStatistics:
    """Reads the headers of images spread evenly over a table; images that cannot be read are skipped.

    Args:
        table: The data set.
        sample: Maximum number of images to inspect.

    Returns:
        Their statistics.

    Raises:
        DataError: No image can be read.
    """
    indices = np.unique(np.linspace(0, len(table) - 1, min(sample, len(table))).round().astype(int))
    shapes: list[tuple[int, int, int]] = []
    volumes: list[VolumeStatistics] = []
    deep = False
    reason = "there are none"
    for id in table.rows["id"].gather(indices):
        try:
            content = table.images.read(id)
            if isinstance(content, Volume):
                turned = content.canonical() if table.target.kind.has_masks else content
                volumes.append(VolumeStatistics(turned.shape, turned.array.shape[3], turned.spacing))
                continue
            shape, is_deep = header_and_depth(image_of(content))
            shapes.append(shape)
            deep = deep or is_deep
        except DataError as error:
            reason = f"{id} {error}"
    if volumes and shapes:
        raise DataError(f"{table.origin} mixes images and volumes. Expected one kind.")
    if volumes:
        found = _median_of(volumes)
        return ImageStatistics(*found.size[1:], False, len(volumes), False, found)
    if not shapes:
        raise DataError(f"{table.origin}: no image can be read. Last error: {reason}")
    sizes = np.array(shapes)
    height, width = (int(value) for value in np.median(sizes[:, :2], axis=0).round())
    return ImageStatistics(height, width, bool(sizes[:, 2].max() > 1), len(shapes), deep)


def _median_of(volumes: list[VolumeStatistics]) -> VolumeStatistics:
    depth, height, width = (int(n) for n in np.median([one.size for one in volumes], axis=0).round())
    known = [one.spacing for one in volumes if one.spacing is not None]
    spacing = None
    if len(known) == len(volumes):
        down, along, across = np.median(known, axis=0).tolist()
        spacing = down, along, across
    return VolumeStatistics((depth, height, width), volumes[0].channels, spacing)


def find_intensity(table: Table, progress: Progress = silent) -> tuple[Intensity | None, tuple[str, ...]]:
    """Finds the scale of a data set from the brightest values of its deep training images.

    Reads every header and decodes the deep images, so call it only for data sets where `ImageStatistics.deep` is true.
    Images that are in the given split "valid" or "test" are left out; without given splits all images count, because
    they are split after decoding. Images that cannot be read are skipped.

    Args:
        table: The data set.
        progress: Called with the number of images that were inspected.

    Returns:
        The scale, None when no image is deep, and notes on it.

    Raises:
        DataError: The images have no common scale, as `intensity_of` says.
    """
    held_out = table.rows["split"].is_in(["valid", "test"]).fill_null(False)
    ids = table.rows["id"].filter(~held_out).to_list() or table.rows["id"].to_list()
    found = list(_ranges(table.images, ids, progress))
    deep = {id: one for id, _, one in found if one is not None}
    intensity = intensity_of(table.origin, list(deep.values()))
    if intensity is None:
        return None, ()
    kinds = {kind for _, kind, one in found if one is not None}
    name = f"{kinds.pop()} images" if len(kinds) == 1 else "images of more than 8 bits"
    kept = intensity == Intensity(255)
    scaled = f"values {intensity.low:g} to {_short(intensity.high)} are {'kept' if kept else 'scaled to 0 to 255'}"
    plain = len(found) - len(deep)
    notes = [f"{name}: {scaled}"]
    if plain:
        notes.append(f"{plain} of {len(found)} images have 8 bits: their values 0 to 255 are kept")
    return intensity, (*notes, *_remarks(deep, intensity))


def _short(value: float) -> str:
    return f"{value:.0f}" if value == round(value) else f"{value:g}"


def _remarks(deep: dict[str, ValueRange], intensity: Intensity) -> list[str]:
    """Returns notes on values that are missing, and on images that may be on another scale."""
    missing = [id for id, one in deep.items() if one.missing]
    notes = (
        [f"values that are not numbers (NaN) become 0 in {count(missing, 'image')}: {some(missing, 3)}"]
        if missing
        else []
    )
    beyond = [id for id, one in deep.items() if one.high > intensity.high]
    if beyond:
        highest = _short(max(deep[id].high for id in beyond))
        notes.append(
            f"{count(beyond, 'image')} far above the others, up to {highest}: values "
            f"above {_short(intensity.high)} become white in {some(beyond, 3)}. Fix: save all images on one scale"
        )
    fractions = [
        id for id, one in deep.items() if one.is_float and one.high <= 1 and (one.high > 0 or not one.is_whole)
    ]
    if fractions and intensity.high > _FAR_ABOVE_FRACTIONS and len(fractions) < len(deep):
        notes.append(
            f"{count(fractions, 'float image')} within 0 to 1, others up to {_short(intensity.high)}: "
            f"{some(fractions, 3)}. Fix: save all images on one scale, if these hold fractions"
        )
    return notes


def _ranges(images: Images, ids: list[str], progress: Progress) -> Iterator[tuple[str, str, ValueRange | None]]:
    """Yields id, type and values of each image that can be read; 8-bit images are not decoded and have no values."""

    def inspect(id: str) -> tuple[str, str, ValueRange | None] | None:
        try:
            content = image_of(images.read(id))
            if not header_and_depth(content)[1]:
                return id, "8-bit", None
            values = values_of(content)
            colours = values[:, :, :-1] if values.shape[2] in (2, 4) else values
            kind = "float" if values.dtype.kind == "f" else f"{8 * values.dtype.itemsize}-bit"
            return id, kind, range_of(colours)
        except DataError:
            return None

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, len(ids), _CHUNK):
            chunk = ids[start : start + _CHUNK]
            yield from filter(None, pool.map(inspect, chunk))
            progress("reading values", start + len(chunk), len(ids))
