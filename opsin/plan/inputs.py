"""Input data of a run: reads a data set, chooses the size of its samples, and decodes them."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from opsin import data, tasks
from opsin.core import DataError, Progress
from opsin.data import ImagePreprocessing, Preprocessing, Table, VolumePreprocessing, VolumeStatistics
from opsin.data.dataset import Dataset
from opsin.tasks import NetworkChoice

MAX_VOLUME_SIDE = 64
"""Longest side of the input for volumes, in voxels, where nobody asks for another."""


def read_dataset(
    source: Any,
    task: str | None,
    size: int | None,
    device: torch.device,
    seconds: float | None,
    progress: Progress,
    least: int = 1,
) -> tuple[Dataset, NetworkChoice]:
    """Reads a data set, chooses the network and its input size, and decodes all samples at that size.

    Args:
        source: Data set, as `opsin.data.read` takes it.
        task: Name of the task. Default: inferred from the targets.
        size: Height and width in pixels; with spatial targets the longer of both, of volumes the longest side. Default:
            as the task suggests.
        device: Device to train on.
        seconds: Time for the whole run, None if unlimited.
        progress: Called with the number of samples that were read.
        least: Least side in pixels where `size` is None.

    Returns:
        The data set without the samples that cannot be read, and the network.

    Raises:
        DataError: The data set cannot be read, is too small, or does not fit the task.
    """
    table = data.read(source, tasks.target_kind(task))
    images = data.image_statistics(table)
    example = tasks.choose(table.target, np.zeros((2, len(table.target.names))), task)  # has the defaults of its class
    example.check_targets(table)
    rank = 2 if images.volumes is None else 3
    if rank not in example.output.ranks:
        kind = "images" if rank == 2 else "volumes"
        raise DataError(f"{table.origin} holds {kind}, which the task {example.name} does not take")
    choice = example.default_network(images, len(table), device.type, seconds)
    if images.volumes is not None:
        prepared = _volumes(images.volumes, choice.size, size)
        found = open_dataset(table, prepared, progress)
        return _with_every_class(found, table), replace(choice, size=prepared.size[:3])
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
    found = open_dataset(table, preprocessing, progress)
    return _with_every_class(found, table), choice


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
    """Returns a height and width, both enlarged alike where one is shorter than `least`.

    >>> at_least((32, 48), 96)
    (96, 144)
    """
    scale = max(1.0, least / min(size))
    return round(size[0] * scale), round(size[1] * scale)


def upscaled(source: Dataset, least: int, progress: Progress) -> Dataset:
    """Returns the data set with larger arrays where a side is shorter than `least` pixels; volumes stay as they are."""
    if source.store.pixels.ndim != 4:
        return source
    height, width, channels = source.store.pixels.shape[1:]
    size = at_least((height, width), least)
    if size == (height, width):
        return source
    preprocessing = ImagePreprocessing.of_size((*size, channels), source.store.preprocessing.intensity)
    store = data.open_store(source.table, preprocessing, progress=progress)
    return replace(source, store=store, store_rows=np.arange(len(source.table)))


def _with_every_class(found: Dataset, asked: Table) -> Dataset:
    """Adds a note on classes without a readable image; raises DataError when fewer than two classes are left."""
    if not asked.target.kind.is_class:
        return found
    left = set(found.table.targets().tolist())
    lost = [name for index, name in enumerate(asked.target.names) if index not in left]
    if not lost:
        return found
    if len(left) < 2:
        line = next(iter(found.store.errors.values()))
        raise DataError(
            f"{asked.origin}: of {', '.join(lost[:6])} no image can be read ({line}); expected readable images of at "
            "least two classes"
        )
    return replace(found, table=found.table.with_notes(f"no image can be read of: {', '.join(lost[:20])}"))


def open_dataset(table: Table, preprocessing: Preprocessing, progress: Progress) -> Dataset:
    """Decodes all samples of a table, and masks where it has them; leaves out those that cannot be read.

    Args:
        table: The samples.
        preprocessing: Size and scale of the arrays; its statistics do not matter.
        progress: Called with the number of samples that were read.

    Returns:
        The data set, with notes on what was left out.

    Raises:
        DataError: No sample can be read.
    """
    store = data.open_store(table, preprocessing, progress=progress)
    masks = None if table.masks is None else data.open_masks(table, preprocessing, progress=progress)
    errors = store.errors if masks is None else {**masks.errors, **store.errors}
    good = np.array([row for row in range(len(table)) if row not in errors], np.int64)
    if not len(good):
        first = next(iter(errors.values()), "there is none")
        raise DataError(f"no image of {table.origin} could be read ({first}); expected at least two images")
    if errors:
        lines = [f"left out: {errors[row]}" for row in sorted(errors)]
        shown = [*lines[:10], *([f"... and {len(lines) - 10} more"] if len(lines) > 10 else [])]
        table = table.select(good).with_notes(
            f"{len(lines)} image{'' if len(lines) == 1 else 's'} left out, as they cannot be read", *shown
        )
    return Dataset(table.with_notes(*store.notes), store, good, masks)


def fit_preprocessing(source: Dataset, sample: int = 2000) -> Preprocessing:
    """Returns the preprocessing of a data set with the mean and deviation of its training arrays.

    Args:
        source: The data set, with its splits.
        sample: Number of training arrays to look at, spread evenly.
    """
    rows = source.rows("train")
    return source.store.preprocessing.with_statistics(
        source.store.pixels[row] for row in rows[:: max(1, len(rows) // sample)]
    )
