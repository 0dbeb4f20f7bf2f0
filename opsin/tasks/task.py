"""The contract of a task: one frozen object, described here in the parts that its readers need."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from torch import Tensor

from opsin.core import OutputSpec
from opsin.data import Augmentation, ImageStatistics, Sampler, Table, TargetKind
from opsin.data.writers.annotated_image import AnnotatedImage
from opsin.drawing import Chart, Key
from opsin.geometry import Placement
from opsin.geometry.tiles import Tile

Scorer: TypeAlias = Callable[[np.ndarray], dict[str, float]]
"""Scores of fixed predictions under row weights (n,). Ones give the plain scores, counts those of a bootstrap."""


@dataclass(frozen=True)
class NetworkChoice:
    """A default network.

    Args:
        name: Name in the zoo.
        size: Height and width of the network's input, in pixels, or depth, height and width.
        reason: Why it was chosen, in one line.
    """

    name: str
    size: tuple[int, ...]
    reason: str


class Objective(Protocol):
    """Interface for training: outputs of the network, encoded targets, loss, decoding."""

    @property
    def output(self) -> OutputSpec:
        """Layout of the network's output, and the part of a target that moves with its image."""
        ...

    @property
    def target_kind(self) -> TargetKind:
        """Kind of target of the task."""
        ...

    @property
    def units(self) -> int:
        """Number of outputs, per image or per position of a map."""
        ...

    @property
    def activation(self) -> str | None:
        """Activation of the network's last layer."""
        ...

    @property
    def sampler(self) -> Sampler:
        """Order of the training rows."""
        ...

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Returns a table's targets in the form that `loss` takes, one row per image."""
        ...

    def decode_targets(self, encoded: np.ndarray) -> np.ndarray:
        """Returns encoded targets in the form of a table, to show them."""
        ...

    def output_bias(self, train_targets: np.ndarray) -> tuple[float, ...] | None:
        """Returns the initial bias of the network's last layer, a value per unit; None to keep its own."""
        ...

    def loss_parameters(self, seed: int) -> dict[str, Tensor]:
        """Returns initial values of weights that belong to the loss and are trained with the network; mostly none."""
        ...

    def loss(
        self,
        logits: Tensor,
        target: Tensor,
        *,
        smoothing: float = 0.0,
        weights: Tensor | None = None,
        parameters: Mapping[str, Tensor] | None = None,
    ) -> Tensor:
        """Computes the loss of each row; its mean over the batch is minimized.

        Args:
            logits: Outputs of the network before any activation, float32 (n, units, ...).
            target: Encoded targets, (n, ...).
            smoothing: Label smoothing, 0 to 1.
            weights: One weight per class, (classes,).
            parameters: Trained values of `loss_parameters`.

        Returns:
            float32 (n,). Terms that are defined for a batch as a whole are part of every row.
        """
        ...

    def decode(self, logits: Tensor) -> np.ndarray:
        """Returns predictions, one row per image: of vectors the logits themselves, float32 (n, units)."""
        ...

    def empty(self, count: int, size: tuple[int, ...]) -> np.ndarray:
        """Returns `count` predictions without content for inputs of this (height, width) or (depth, height, width)."""
        ...


class Scoring(Protocol):
    """Interface for validation, evaluation and calibration."""

    @property
    def monitor(self) -> tuple[str, int]:
        """Name of the validation score that selects weights, and 1 if higher is better, -1 if lower is."""
        ...

    @property
    def subgroup_word(self) -> str:
        """Word for what `subgroups` distinguishes, such as "class"."""
        ...

    def scorer(self, predictions: np.ndarray, targets: np.ndarray) -> Scorer:
        """Returns a function from row weights (n,) to the scores of these predictions."""
        ...

    def per_class(self, predictions: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        """Returns one table row per class, label or number: its name, `count`, then scores."""
        ...

    def subgroups(self, targets: np.ndarray) -> dict[str, np.ndarray]:
        """Returns row indices by subgroup (class, label or range); a row may be in several or in none."""
        ...

    def is_error(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray | None:
        """Returns (n,) booleans, true for a wrong prediction; None if predictions are only more or less accurate."""
        ...

    def fit_baseline(self, train_targets: np.ndarray) -> np.ndarray:
        """Returns the parameters (k,) of a prediction that ignores the image, from the training targets."""
        ...

    def baseline_predictions(self, baseline: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """Returns the baseline's prediction for each row, in the form of `predictions`."""
        ...

    def sample_loss(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Returns the loss of each prediction, (n,), by which the report ranks errors."""
        ...

    def uncertainty(self, predictions: np.ndarray) -> np.ndarray:
        """Returns the uncertainty of each prediction, (n,), 0 if it states none."""
        ...

    def calibrated(self, predictions: np.ndarray, targets: np.ndarray) -> "Task":
        """Returns the task with probabilities or thresholds fitted on these validation predictions."""
        ...

    def uncalibrated(self) -> "Task":
        """Returns the task without calibration."""
        ...


class Presentation(Protocol):
    """Interface for tables, the report and the command line."""

    def to_columns(self, predictions: np.ndarray) -> dict[str, list[Any]]:
        """Returns plain values by column name, one per row; a list holds records of objects."""
        ...

    def to_records(self, predictions: np.ndarray) -> list[dict[str, Any]]:
        """Returns one dictionary per image: the columns, and what fits into no table, such as masks."""
        ...

    def describe(self, prediction: np.ndarray, target: Any) -> tuple[str, str]:
        """Returns one prediction and its ground truth as text."""
        ...

    def draw(self, pixels: np.ndarray, prediction: Any, target: Any) -> np.ndarray:
        """Draws a prediction, and the ground truth if it is known.

        Args:
            pixels: Image, uint8 (height, width, 1 or 3).
            prediction: One prediction, in pixels of this image.
            target: Ground truth in pixels of this image, or None.

        Returns:
            Picture, uint8 (height, width, 1 or 3).
        """
        ...

    @property
    def legend(self) -> tuple[Key, ...]:
        """Meaning of the colours of `draw`."""
        ...

    def charts(self, predictions: np.ndarray, targets: np.ndarray) -> tuple[Chart, ...]:
        """Returns the charts of these predictions."""
        ...

    @property
    def notice(self) -> str:
        """Warning about the use of the predictions, for reports and files; mostly empty."""
        ...

    @property
    def count_word(self) -> str:
        """Word for what `class_counts` counts: "image", "box" or "object"."""
        ...

    def class_counts(self, targets: np.ndarray) -> dict[str, int]:
        """Returns the number of images, boxes or objects of each class, label or number."""
        ...

    def describe_target(self, target: Any) -> str:
        """Returns the ground truth of one image as text."""
        ...

    def draw_target(self, pixels: np.ndarray, target: Any) -> np.ndarray:
        """Draws the ground truth of one image.

        Args:
            pixels: Image, uint8 (height, width, 1 or 3).
            target: Ground truth in pixels of this image.

        Returns:
            Picture, uint8 (height, width, 1 or 3).
        """
        ...

    @property
    def target_legend(self) -> tuple[Key, ...]:
        """Meaning of the colours of `draw_target`."""
        ...


class Spatial(Protocol):
    """Interface for boxes, masks and objects; tasks of whole images return their predictions unchanged."""

    @property
    def object_names(self) -> tuple[str, ...]:
        """Class names of the objects that `to_annotations` returns."""
        ...

    def to_image_space(
        self, predictions: np.ndarray, placements: Sequence[Placement], *, masks: bool = True
    ) -> np.ndarray:
        """Moves predictions from pixels of the network's input to pixels of the images.

        Args:
            predictions: Predictions in pixels of the input.
            placements: Placement of each image in the input.
            masks: If false, masks keep the size of the input, as scores compare them.

        Returns:
            Predictions, an array of arrays where images differ in size.
        """
        ...

    def decode_tiles(
        self, logits: Iterable[Tensor], placements: Sequence[Placement], tiles: Sequence[Tile], size: Any
    ) -> Any:
        """Merges the logits of overlapping tiles into one prediction.

        Args:
            logits: Outputs of the network for one tile after the other, (units, ...) each.
            placements: Placement of each tile in the network's input.
            tiles: Position of each tile in the image.
            size: (height, width) of the image in pixels.

        Returns:
            The prediction in pixels of the image.
        """
        ...

    def to_annotations(self, id: str, prediction: np.ndarray, size: tuple[int, int]) -> AnnotatedImage:
        """Returns the objects of one prediction for annotation files; `size` is the image's (height, width)."""
        ...

    def overlay(self, pixels: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """Draws a prediction on its image, uint8 (height, width, 1 or 3); returns uint8 (height, width, 3)."""
        ...

    def with_threshold(self, confidence: float) -> "Task":
        """Returns the task with this confidence threshold, 0 to 1; raises DataError if it has none."""
        ...


class Defaults(Protocol):
    """Defaults for the plan of a run and for the writers."""

    @property
    def label_smoothing(self) -> float:
        """Label smoothing of the default recipe."""
        ...

    @property
    def batch_pixels(self) -> int | None:
        """Maximum number of pixels in a batch; None for no limit."""
        ...

    @property
    def writer_formats(self) -> tuple[str, ...]:
        """Formats of prediction files: suffixes, "csv-boxes", and "yolo", "masks" or "objects" for a folder."""
        ...

    def class_weights(self, train_targets: np.ndarray) -> tuple[float, ...]:
        """Returns weights by inverse class frequency; raises DataError if targets are not one class per image."""
        ...

    def check_targets(self, table: Table) -> None:
        """Raises DataError if a table is too small, or has targets that the task cannot be trained on."""
        ...

    def default_network(self, images: ImageStatistics, count: int, device: str, seconds: float | None) -> NetworkChoice:
        """Returns the default network and input size.

        Args:
            images: Statistics of the images.
            count: Number of images.
            device: Type of device, such as "cpu" or "cuda".
            seconds: Time for the whole run, None if unlimited.
        """
        ...

    def default_augmentation(self, side: int, *, hflip: bool, rotate90: bool, long: bool) -> Augmentation:
        """Returns the default augmentation.

        Args:
            side: Longer side of the network's input, in pixels.
            hflip: Horizontal flips keep the target.
            rotate90: Rotations by 90 degrees keep the target.
            long: The run is long enough to overfit, 20 epochs or more.
        """
        ...

    def default_tta(self, hflip: bool, side: int) -> str:
        """Returns the default test-time augmentation: "none", "hflip" or "hflip_shift"."""
        ...


class Task(Objective, Scoring, Presentation, Spatial, Defaults, Protocol):
    """A use of a network, as a frozen record.

    Predictions are decoded logits, one row per image: the logits themselves (n, units) for vectors; boxes, masks or
    objects else. A new use is one class in one file; `register` makes it known by its name.
    """

    @property
    def name(self) -> str:
        """Name, as in `--task`."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes, labels or numbers."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Returns plain values from which `task_from_json` makes the same task."""
        ...
