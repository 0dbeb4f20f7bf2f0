"""Input data of a run: reads a data set, chooses the size of its samples, and decodes them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from opsin import data, tasks
from opsin.core import DataError, Progress, silent_line
from opsin.data import ImagePreprocessing, ImageStatistics, Preprocessing, Table, VolumePreprocessing, VolumeStatistics
from opsin.data.dataset import Dataset
from opsin.report.recognised import recognised
from opsin.tasks import NetworkChoice

from .volumes import VolumeOptions, at_spacing, choose_patches

MAX_VOLUME_SIDE = 64
"""Default longest side of the input for volumes, in voxels."""
_GEOMETRY = VolumeOptions()


def read_dataset(
    source: Any,
    task: str | None,
    size: int | None,
    device: torch.device,
    seconds: float | None,
    progress: Progress,
    least: int = 1,
    say: Callable[[str], None] = silent_line,
    geometry: VolumeOptions = _GEOMETRY,
    labels: str | Sequence[str] | None = None,
) -> tuple[Dataset, NetworkChoice]:
    """Reads a data set, chooses the network and its input size, and decodes all samples at that size.

    Args:
        source: Data set, as `opsin.data.read` takes it.
        task: Name of the task. Default: inferred from the targets.
        size: Height and width in pixels; with spatial targets the longer of both, of volumes the longest side. Default:
            chosen by the task.
        device: Device to train on.
        seconds: Time for the whole run, None if unlimited.
        progress: Called with the number of samples that were read.
        least: Minimum side in pixels if `size` is None.
        say: Called with lines on what the data set was recognised as.
        geometry, labels: Options for volumes, and the columns of a table that hold the targets.

    Returns:
        The data set without the samples that cannot be read, and the network.

    Raises:
        DataError: The data set cannot be read, is too small, or does not fit the task.
    """
    table = data.read(source, tasks.target_kind(task), labels)
    images = at_spacing(data.image_statistics(table), geometry)
    example = tasks.choose(table.target, np.zeros((2, len(table.target.names))), task)  # has the defaults of its class
    for line in recognised(table, example):
        say(line)
    example.check_targets(table)
    rank = 2 if images.volumes is None else 3
    if rank not in example.output.ranks:
        kind = "images" if rank == 2 else "volumes"
        raise DataError(
            f"{table.origin} holds {kind}, which the task {example.name!r} does not support. Fix: change --task."
        )
    choice = example.default_network(images, len(table), device.type, seconds)
    if images.volumes is not None:
        table, prepared = _prepared_volumes(table, images, images.volumes, choice.size, size, geometry)
        dataset = open_dataset(table, prepared, progress)
        return _with_every_class(dataset, table), replace(choice, size=prepared.size[:-1])
    if size is not None and example.output.is_spatial:
        scale = size / max(images.height, images.width)
        choice = replace(choice, size=(round(images.height * scale), round(images.width * scale)))
    elif size is not None:
        choice = replace(choice, size=(size, size))
    else:
        choice = replace(choice, size=at_least((choice.size[0], choice.size[1]), least))
    intensity, notes = data.find_intensity(table, progress) if images.deep else (None, ())
    table = table.with_notes(*notes)
    preprocessing = ImagePreprocessing.of_size((*choice.size, 3 if images.colour else 1), intensity)
    return _with_every_class(open_dataset(table, preprocessing, progress), table), choice


def _prepared_volumes(
    table: Table,
    images: ImageStatistics,
    volumes: VolumeStatistics,
    suggested: tuple[int, ...],
    size: int | None,
    geometry: VolumeOptions,
) -> tuple[Table, Preprocessing]:
    """Returns the table with notes and the preprocessing: patches where targets are masks, else whole volumes."""
    if not table.target.kind.has_masks:
        return table, _volumes(volumes, suggested, size)
    prepared, note = choose_patches(table, images, suggested, size, geometry)
    return table.with_notes(note), prepared


def _volumes(volumes: VolumeStatistics, suggested: tuple[int, ...], longest: int | None) -> VolumePreprocessing:
    """Returns the preprocessing for the median volume, in millimetres where spacings are known."""
    channels = volumes.channels
    if longest is None and len(suggested) == len(volumes.size):
        sides = list(suggested)
    else:
        extent = np.array(volumes.size) * np.array(volumes.spacing or (1.0, 1.0, 1.0))
        side = longest or min(MAX_VOLUME_SIDE, max(volumes.size))
        sides = (extent / extent.max() * side).round().clip(1).astype(int).tolist()
    return VolumePreprocessing((sides[0], sides[1], sides[2], channels), (0.0,) * channels, (1.0,) * channels)


def at_least(size: tuple[int, int], least: int) -> tuple[int, int]:
    """Returns a height and width of the same aspect ratio, enlarged if one is shorter than `least`.

    Args:
        size: (height, width) in pixels.
        least: Minimum height and width in pixels.

    Examples:
        >>> at_least((32, 48), 96)
        (96, 144)
    """
    scale = max(1.0, least / min(size))
    return round(size[0] * scale), round(size[1] * scale)


def upscaled(source: Dataset, least: int, progress: Progress) -> Dataset:
    """Returns the data set with larger images if a side is shorter than `least` pixels; volumes are unchanged.

    Args:
        source: The data set.
        least: Minimum height and width in pixels.
        progress: Called with the number of samples that were read.
    """
    if source.store.pixels.ndim != 4:
        return source
    height, width, channels = source.store.pixels.shape[1:]
    size = at_least((height, width), least)
    if size == (height, width):
        return source
    preprocessing = ImagePreprocessing.of_size((*size, channels), source.store.preprocessing.intensity)
    store = data.open_store(source.table, preprocessing, progress=progress)
    return replace(source, store=store, store_rows=np.arange(len(source.table)))


def at_input_size(arrays: np.ndarray, preprocessing: Preprocessing) -> np.ndarray:
    """Returns stored arrays at the input size of a network: images of another size are letterboxed.

    Args:
        arrays: Arrays of a store, (n, ...).
        preprocessing: Preprocessing of the network.
    """
    if arrays.shape[1:] == preprocessing.size or arrays.ndim != 4:
        return arrays
    height, width, channels = preprocessing.size
    return data.letterbox_images(list(arrays), (height, width, channels))


def _with_every_class(dataset: Dataset, table: Table) -> Dataset:
    """Adds a note on classes without a readable image; raises DataError when fewer than two classes are left."""
    if not table.target.kind.is_class:
        return dataset
    present = set(dataset.table.targets().tolist())
    missing = [name for index, name in enumerate(table.target.names) if index not in present]
    if not missing:
        return dataset
    if len(present) < 2:
        error = next(iter(dataset.store.errors.values()))
        raise DataError(
            f"{table.origin} has no readable image of {', '.join(missing[:6])} ({error}). Expected readable images "
            "of at least two classes."
        )
    return replace(
        dataset, table=dataset.table.with_notes(f"classes without a readable image: {', '.join(missing[:20])}")
    )


def open_dataset(table: Table, preprocessing: Preprocessing, progress: Progress) -> Dataset:
    """Decodes all samples of a table, and masks where it has them; leaves out those that cannot be read.

    Args:
        table: The samples.
        preprocessing: Size and scale of the arrays; its mean and deviation are not used.
        progress: Called with the number of samples that were read.

    Returns:
        The data set, with notes on what was left out.

    Raises:
        DataError: No sample can be read.
    """
    store = data.open_store(table, preprocessing, progress=progress)
    masks = None if table.masks is None else data.open_masks(table, preprocessing, progress=progress)
    errors = store.errors if masks is None else {**masks.errors, **store.errors}
    readable = np.array([row for row in range(len(table)) if row not in errors], np.int64)
    if not len(readable):
        first = next(iter(errors.values()), "it has none")
        raise DataError(f"no image of {table.origin} can be read ({first}). Expected at least two images.")
    if errors:
        lines = [f"left out: {errors[row]}" for row in sorted(errors)]
        shown = [*lines[:10], *([f"... and {len(lines) - 10} more"] if len(lines) > 10 else [])]
        table = table.select(readable).with_notes(
            f"{len(lines)} image{'' if len(lines) == 1 else 's'} left out: not readable", *shown
        )
    return Dataset(table.with_notes(*store.notes), store, readable, masks)


def fit_preprocessing(source: Dataset, sample: int = 2000) -> Preprocessing:
    """Returns the preprocessing of a data set with the mean and deviation of its training arrays.

    Args:
        source: The data set, with its splits.
        sample: Number of training arrays for the statistics, evenly spaced.
    """
    rows = source.rows("train")
    return source.store.preprocessing.with_statistics(
        source.store.pixels[row] for row in rows[:: max(1, len(rows) // sample)]
    )
