"""Size, channels and intensity scale of the images of a table, for the choice of the network and its input."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from opsin.core import DataError, Progress, silent

from .decode import header_and_depth, values_of
from .intensity import Intensity, brightest_of, intensity_of
from .samples import Volume, image_of
from .table import Images, Table

_CHUNK = 256
_PLAIN, _FLOAT = "8-bit", "float"


@dataclass(frozen=True)
class VolumeStatistics:
    """Statistics of the volumes of a data set.

    Attributes:
        size: Median (depth, height, width) in voxels, along the canonical axes where volumes have an orientation.
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
                turned = content.canonical()
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
    shapes = list(_largest_values(table.images, ids, progress))
    deep = [(kind, high) for kind, high in shapes if kind != _PLAIN]
    fractions = [high for kind, high in deep if kind == _FLOAT]
    counts = [high for kind, high in deep if kind != _FLOAT]
    intensity = intensity_of(table.origin, max(fractions, default=None), max(counts, default=None))
    if intensity is None:
        return None, ()
    kinds = {kind for kind, _ in deep}
    name = f"{kinds.pop()} images" if len(kinds) == 1 else "images of more than 8 bits"
    scaled = f"values 0 to {intensity.high:.0f} are {'kept' if intensity.high == 255 else 'scaled to 0 to 255'}"
    plain = len(shapes) - len(deep)
    mixed = [f"{plain} of {len(shapes)} images have 8 bits: their values 0 to 255 are kept"] if plain else []
    return intensity, (f"{name}: {scaled}", *mixed)


def _largest_values(images: Images, ids: list[str], progress: Progress) -> Iterator[tuple[str, float]]:
    """Yields the type and the largest value of each image that can be read; 8-bit images are not decoded."""

    def inspect(id: str) -> tuple[str, float] | None:
        try:
            content = image_of(images.read(id))
            if not header_and_depth(content)[1]:
                return _PLAIN, 255.0
            values = values_of(content)
            colours = values[:, :, :-1] if values.shape[2] in (2, 4) else values
            kind = _FLOAT if values.dtype.kind == "f" else f"{8 * values.dtype.itemsize}-bit"
            return kind, brightest_of(colours)
        except DataError:
            return None

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, len(ids), _CHUNK):
            chunk = ids[start : start + _CHUNK]
            yield from filter(None, pool.map(inspect, chunk))
            progress("reading values", start + len(chunk), len(ids))
