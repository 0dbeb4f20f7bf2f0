"""How long a run takes after its last step, measured before its first: what `--minutes` must leave for it."""

import time

import numpy as np

from opsin.core import numpy_generator
from opsin.evaluate import Predictions, replicates_for, score
from opsin.model import Model
from opsin.report import MOST_PLOTS, seconds_a_chart
from opsin.tasks import Task

from .sources import Source

REST_SECONDS = 1.2
"""Loading the best weights, the page, closing down: what hardly depends on data or network."""
BYTES_A_SECOND = 100e6
"""Weights are read once and written once; of a slow disk."""
CURVES = 2
"""Charts of the training itself, beside those of the task."""
TRIED, ENOUGH_SECONDS = 32, 0.6


def seconds_to_end(model: Model, source: Source) -> float:
    """Seconds to answer validation and test images, score them, draw and save; each part is tried for a moment."""
    valid, test = (int((source.table.rows["split"] == split).sum()) for split in ("valid", "test"))
    saving = 2 * 4 * sum(value.numel() for value in model.network.state_dict().values()) / BYTES_A_SECOND
    answering = (valid + test) * seconds_an_answer(model, source.store.pixels)
    few = _pretended(model.task, 50)
    drawing = (CURVES + min(MOST_PLOTS, len(model.task.charts(few.raw, few.targets)))) * seconds_a_chart()
    return REST_SECONDS + answering + seconds_of_scores(model.task, test) + drawing + saving


def seconds_an_answer(model: Model, pixels: np.ndarray) -> float:
    """Seconds a model takes for one of these images, over all of its views, timed on a few hundred at most."""

    def timed(count: int) -> float:
        some = pixels[np.arange(count) % len(pixels)]
        begun = time.monotonic()
        model.raw(some)
        return (time.monotonic() - begun) / count

    timed(2)
    rough = timed(TRIED)
    count = int(min(256, ENOUGH_SECONDS / max(rough, 1e-9)))
    return rough if count <= TRIED else timed(count)


def seconds_of_scores(task: Task, rows: int) -> float:
    """Seconds of the intervals of that many answers and of as many trivial ones, timed on a few replicates."""
    if not rows:
        return 0.0
    answers, few = _pretended(task, rows), 4
    begun = time.monotonic()
    score(answers, task, replicates=few)
    between = time.monotonic()
    score(answers, task, replicates=3 * few)
    ended = time.monotonic()
    each = max(0.0, (ended - between) - (between - begun)) / (2 * few)
    first = max(0.0, between - begun - few * each)
    return 2 * (first + each * replicates_for(answers.raw.size))


def _pretended(task: Task, rows: int) -> Predictions:
    """Answers of no network, to images that are not there."""
    generator = numpy_generator(0, "rehearsal")
    targets = generator.random((rows, task.units)).astype(np.float32)
    if task.name == "classify":
        targets = generator.integers(0, task.units, rows)
    elif task.name == "multilabel":
        targets = np.round(targets)
    raw = generator.normal(size=(rows, task.units)).astype(np.float32)
    return Predictions(tuple(map(str, range(rows))), None, raw, targets)
