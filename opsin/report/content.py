"""The content of a report; no part of it is the model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from opsin.data import Intensity, Table
from opsin.evaluation import Predictions, Score
from opsin.tasks import Task


@dataclass(frozen=True, eq=False)
class DataSection:
    """The data set: its table without broken images, and the pixels of its rows.

    Attributes:
        table: The split table; of an evaluation only the evaluated rows, all in the split "test".
        pixels: uint8 (n, height, width, channels), read as needed; row i of the table is `pixels[store_rows[i]]`.
        store_rows: (rows,) index into `pixels` of each row of the table.
        fingerprint: Digest of all names and pixels.
        targets: The target of each row of the table.
        intensity: Intensity scale of images of more than 8 bits; None for 8-bit images.
    """

    table: Table
    pixels: np.ndarray
    store_rows: np.ndarray
    fingerprint: str
    targets: np.ndarray
    intensity: Intensity | None = None


@dataclass(frozen=True)
class NetworkSection:
    """The network.

    Attributes:
        name: Name of the architecture.
        parameters: Number of parameters.
        reasons: Sentences that explain the choice of network and recipe.
        summary: Table of the layers as text.
        picture: Diagram of the layers as SVG.
    """

    name: str
    parameters: int
    reasons: tuple[str, ...]
    summary: str
    picture: str | None = None


@dataclass(frozen=True, eq=False)
class PredictionSection:
    """The predictions on the test split with their metrics and those of the baselines; all may be empty.

    `linear_baseline` holds the metrics of a linear model on pretrained features.
    """

    task: Task
    predictions: Predictions
    scores: Mapping[str, Score]
    baseline: Mapping[str, Score]
    linear_baseline: Mapping[str, Score] = field(default_factory=dict[str, Score])


@dataclass(frozen=True, eq=False)
class RunSection:
    """The run and how to reproduce it.

    Attributes:
        command: Command that reproduces the run.
        seed: Random seed; None for an evaluation.
        seconds: Duration of the whole run.
        machine: Description of the machine.
        versions: Version of each package.
        metrics: Rows of metrics.csv: step, epoch, seconds, train_loss and valid_<score>.
        settings: The recipe and the time limit, `minutes`, as plain values; None for an evaluation.
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
    """The trained model that is evaluated.

    Attributes:
        file: Name of the model file.
        fingerprint: Digest of the model.
        origin: Provenance as pairs of title and text.
        scores: Metrics on the test split of its own training.
    """

    file: str
    fingerprint: str
    origin: tuple[tuple[str, str], ...] = ()
    scores: Mapping[str, Score] = field(default_factory=dict[str, Score])


@dataclass(frozen=True)
class TrainingInput:
    """An image as the network is trained on it, after augmentation; `picture` is a data URI, `target` a text."""

    picture: str
    target: str


@dataclass(frozen=True, eq=False)
class ReportContent:
    """The content of a report: of a training run, or, when `model` is given, of an evaluation on other images."""

    data: DataSection
    network: NetworkSection
    predictions: PredictionSection
    run: RunSection
    model: ModelSection | None = None
    inputs: tuple[TrainingInput, ...] = ()
