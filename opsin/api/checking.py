"""The verb that shows how a data set is read, without training."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from opsin import data as datasets
from opsin import tasks
from opsin.core import DataError, Progress, show_in_notebook, silent, write_text
from opsin.data import Intensity, Table, find_intensity, whole_pixels
from opsin.data.headers import Headers, read_headers
from opsin.report.check_page import CheckContent, DataFacts, TargetPicture, check_page
from opsin.report.pictures import picture

from .labels import Labels, labels_of, spread
from .results import DataCheck
from .run_folder import new_file

MAX_PICTURES = 12
PICTURE_SIDE = 640
"""Maximum side of a picture in pixels."""
INTENSITY_SAMPLE = 256
MAX_LISTED = 10


@show_in_notebook
def check(
    data: Any,
    *,
    task: str | None = None,
    labels: str | Sequence[str] | None = None,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> DataCheck:
    """Shows how a data set is read: format, task, classes, splits, sizes, and twelve images with their targets.

    Nothing is trained.

    Args:
        data: Data set, as `opsin.train` takes it.
        task: Name of the task. Default: chosen from the data.
        labels: Columns of a table that hold the targets, as for `opsin.train`.
        out: HTML page to write. Default: a new file in `runs/check`.
        progress: Callback for progress. Default: none.

    Returns:
        The findings, and the path of the page.

    Raises:
        OpsinError: The data cannot be read, or the page cannot be written.

    Examples:
        >>> import numpy as np, opsin, tempfile
        >>> images = np.zeros((4, 8, 8), np.uint8)
        >>> found = opsin.check((images, ["cat", "dog"] * 2), out=tempfile.mkdtemp() + "/page.html")
        >>> found.format, found.task, found.classes
        ('arrays', 'classify', {'cat': 2, 'dog': 2})
    """
    table = datasets.read(data, tasks.target_kind(task), labels)
    headers = read_headers(table, progress)
    found = labels_of(table, task, progress)
    notes = (*table.notes, *found.notes, *_notes_on(table, found, headers))
    facts = DataFacts(table.format, found.task.name, len(table), table.split_counts(), headers.describe(), notes)
    pictures = tuple(_pictures(table, found, headers))
    page = new_file(Path("runs") / "check", table.origin, ".html") if out is None else Path(out)
    write_text(page, check_page(CheckContent(table.origin, found.task, facts, found.counts, pictures)))
    return DataCheck(facts, found.counts, page)


def pick_rows(subgroups: Mapping[str, np.ndarray], count: int, most: int) -> list[int]:
    """Picks rows evenly from all subgroups, then from the rows in no subgroup.

    Args:
        subgroups: Rows by class, label or range; a row may be in several.
        count: Number of rows of the table.
        most: Maximum number of rows to pick.

    Returns:
        Distinct rows in ascending order.

    Examples:
        >>> pick_rows({"cat": np.arange(6), "dog": np.arange(6, 9)}, 10, 5)
        [0, 5, 6, 8, 9]
    """
    known = np.unique(np.concatenate([*subgroups.values(), np.zeros(0, np.int64)]))
    groups = [rows for rows in (*subgroups.values(), np.setdiff1d(np.arange(count), known)) if len(rows)]
    queues = [spread(rows, most).tolist() for rows in groups]
    for queue in queues:  # first, last, then between: neighbours are often alike
        queue[:] = queue[:1] + queue[:0:-1]
    picked: list[int] = []
    while len(picked) < most and any(queues):
        for queue in queues:
            fresh = next((row for row in queue if row not in picked), None)
            queue[:] = queue[queue.index(fresh) + 1 :] if fresh is not None else []
            if fresh is not None and len(picked) < most:
                picked.append(fresh)
    return sorted(picked)


def _pictures(table: Table, labels: Labels, headers: Headers) -> Iterator[TargetPicture]:
    intensity = _intensity(table, headers)
    ids, splits = table.rows["id"].to_list(), table.rows["split"].to_list()
    for row in pick_rows(labels.subgroups, len(table), MAX_PICTURES):
        id = ids[row]
        try:
            pixels, target = whole_pixels(table.images, id, intensity), labels.target(row)
            if table.masks is not None and target.ndim > 2:
                target = target[len(target) // 2]
            if table.masks is not None and target.shape != pixels.shape[:2]:
                raise DataError(f"has a mask of {target.shape[1]}x{target.shape[0]} pixels. Expected the image's size.")
            drawn, text = labels.task.draw_target(pixels, target), labels.task.describe_target(target)
            size = f"{pixels.shape[1]}x{pixels.shape[0]}"
            yield TargetPicture(picture(drawn, PICTURE_SIDE), text, id, splits[row] or "", size)
        except DataError as error:
            yield TargetPicture(None, f"{id} {error}", id, splits[row] or "", "")


def _intensity(table: Table, headers: Headers) -> Intensity | None:
    """Returns the scale of images with more than 8 bits, from a sample; None where they have none in common."""
    if not headers.deep:
        return None
    try:
        return find_intensity(table.select(spread(np.arange(len(table)), INTENSITY_SAMPLE)))[0]
    except DataError:
        return None


def _notes_on(table: Table, labels: Labels, headers: Headers) -> Iterator[str]:
    """Yields notes on images that cannot be read, on splits, and the reason when the data cannot be trained on."""
    if headers.errors:
        yield f"{len(headers.errors):,} of {len(table):,} images cannot be read"
        yield from headers.errors[:MAX_LISTED]
        if len(headers.errors) > MAX_LISTED:
            yield f"... and {len(headers.errors) - MAX_LISTED:,} more"
    given = sum(table.split_counts().values())
    if given and given < len(table):
        yield f"{len(table) - given:,} of {len(table):,} images are in no split"
    try:
        labels.task.check_targets(table)
    except DataError as error:
        yield f"opsin train refuses these data: {error}"
