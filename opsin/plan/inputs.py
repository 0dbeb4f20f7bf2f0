"""From what a person typed to a split table and its decoded pixels."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from opsin import data
from opsin.core import DataError, Progress
from opsin.data import KINDS, ImagePreprocessing, Intensity, Table, TargetKind
from opsin.data.dataset import Dataset
from opsin.tasks.registry import NAMES

from .network_defaults import Choice, choose_network, choose_network_of_places


def kind_of_task(task: str | None) -> TargetKind | None:
    """Returns the kind of target that a task learns, None for None.

    Raises:
        DataError: There is no such task.
    """
    if task is None:
        return None
    kinds = {name: KINDS[word] for word, name in NAMES.items()}
    if task not in kinds:
        raise DataError(f"task {task!r} is unknown; expected one of {', '.join(kinds)}")
    return kinds[task]


def read_dataset(
    source: Any,
    task: str | None,
    size: int | None,
    device: torch.device,
    seconds: float | None,
    progress: Progress,
    least: int = 1,
) -> tuple[Dataset, Choice]:
    """Reads, looks at and decodes the images at `size` (or one that suits them); broken ones are left out and named.

    `size` is the height and width, or, where targets are places, the longer of both. `seconds` is the time there is for
    the whole run, None when nobody said. Where `size` is None no side is shorter
    than `least` pixels.
    """
    table = data.read(source, kind_of_task(task))
    data.check_enough(table)
    survey = data.image_statistics(table)
    placed = table.target.kind.is_spatial
    if placed:
        head = "grid" if table.target.kind.has_boxes else "map"
        choice = choose_network_of_places(survey.height, survey.width, len(table), device, head)
    else:
        amounts = table.target.kind.is_numeric
        choice = choose_network(survey.height, survey.width, len(table), device, seconds, amounts=amounts)
    if size is not None and placed:
        scale = size / max(survey.height, survey.width)
        choice = replace(choice, size=(round(survey.height * scale), round(survey.width * scale)))
    elif size is not None:
        choice = replace(choice, size=(size, size))
    else:
        choice = replace(choice, size=at_least(choice.size, least))
    intensity, notes = data.find_intensity(table, progress) if survey.deep else (None, ())
    table = table.with_notes(*notes)
    found = open_dataset(table, (*choice.size, 3 if survey.colour else 1), progress, intensity)
    return _with_every_class(found, table), choice


def at_least(size: tuple[int, int], least: int) -> tuple[int, int]:
    """A height and width, both enlarged alike where one is shorter than `least`.

    >>> at_least((32, 48), 96)
    (96, 144)
    """
    scale = max(1.0, least / min(size))
    return round(size[0] * scale), round(size[1] * scale)


def upscaled(source: Dataset, least: int, progress: Progress) -> Dataset:
    """The same rows decoded anew where their images are smaller, so that no side is shorter than `least` pixels."""
    height, width, channels = source.store.pixels.shape[1:]
    size = at_least((height, width), least)
    if size == (height, width):
        return source
    store = data.open_store(source.table, (*size, channels), source.store.intensity, progress=progress)
    return replace(source, store=store, store_rows=np.arange(len(source.table)))


def _with_every_class(found: Dataset, asked: Table) -> Dataset:
    """The source, noting the classes of which no image can be read; raises DataError when fewer than two are left."""
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


def open_dataset(
    table: Table, size: tuple[int, int, int], progress: Progress, intensity: Intensity | None = None
) -> Dataset:
    """The table's images decoded at (height, width, channels), those of more than 8 bits scaled by `intensity`."""
    store = data.open_store(table, size, intensity, progress=progress)
    masks = None if table.masks is None else data.open_masks(table, size[:2], progress=progress)
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


def fit_preprocessing(source: Dataset, sample: int = 2000) -> ImagePreprocessing:
    """How images are prepared: the store's size and scale, and mean and spread of a sample of the training pixels."""
    import cv2

    rows, pixels = source.rows("train"), source.store.pixels
    height, width, channels = pixels.shape[1:]
    each = [cv2.meanStdDev(pixels[row]) for row in rows[:: max(1, len(rows) // sample)]]
    means, spreads = (np.array(values)[..., 0] / 255 for values in zip(*each, strict=True))
    mean, square, total = means.mean(0), (means**2 + spreads**2).mean(0), len(each) * height * width
    variance = np.maximum(0, square - mean**2) * total / max(1, total - 1)
    spread = np.sqrt(variance).clip(1 / 255)
    mean, spread = tuple(mean.tolist()), tuple(spread.tolist())
    return ImagePreprocessing(height, width, channels, mean, spread, source.store.intensity)
