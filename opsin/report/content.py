"""What a report is written from; no part of it is the model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from opsin.data import Intensity, Table
from opsin.evaluation import Predictions, Score
from opsin.tasks import Task


@dataclass(frozen=True, eq=False)
class DataSection:
    """The split table without its broken images, and where the pixels of its rows are.

    The pixels of row i are `pixels[positions[i]]`; `pixels` is uint8 (n, height, width, channels), read as needed.
    `targets` has a row a row of the table. `fingerprint` is a digest of every name and pixel. Of an evaluation, only
    the rows that were answered, all "test". `intensity` is the scale of images of more than 8 bits.
    """

    table: Table
    pixels: np.ndarray
    store_rows: np.ndarray
    fingerprint: str
    targets: np.ndarray
    intensity: Intensity | None = None


@dataclass(frozen=True)
class NetworkSection:
    """The network in words and numbers; `reasons` say why it and its recipe were chosen, `picture` is an SVG."""

    name: str
    parameters: int
    reasons: tuple[str, ...]
    summary: str
    picture: str | None = None


@dataclass(frozen=True, eq=False)
class PredictionSection:
    """What was answered for the test split, and its scores beside those of the trivial answer; all may be empty."""

    task: Task
    predictions: Predictions
    scores: Mapping[str, Score]
    baseline: Mapping[str, Score]


@dataclass(frozen=True, eq=False)
class RunSection:
    """How the run went and how to repeat it.

    `metrics` are the rows of metrics.csv: step, epoch, seconds, train_loss and valid_<score>. `settings` is the recipe
    as plain values; `seconds` is the whole run's time.
    """

    command: str
    seed: int | None
    seconds: float
    machine: str
    versions: Mapping[str, str]
    metrics: tuple[Mapping[str, Any], ...] = ()
    settings: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class ModelSection:
    """The finished model that an evaluation judges.

    `origin` is where it came from, as (what, words); `scores` are those of the test split of its own training.
    """

    file: str
    fingerprint: str
    origin: tuple[tuple[str, str], ...] = ()
    scores: Mapping[str, Score] = field(default_factory=dict[str, Score])


@dataclass(frozen=True, eq=False)
class ReportContent:
    """Everything a report says: of a training run, or, when `model` is given, of an evaluation on other images."""

    data: DataSection
    network: NetworkSection
    answers: PredictionSection
    run: RunSection
    model: ModelSection | None = None
