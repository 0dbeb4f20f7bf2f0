"""What a use is: the one contract that the loop, the evaluation, the report and the server know."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from torch import Tensor

from opsin.data import Places
from opsin.drawing import Chart
from opsin.geometry import Placement

Head: TypeAlias = Literal["vector", "map", "grid"]
"""What a network gives: `units` numbers an image, a pixel of it, or a cell of a coarser grid."""

Scorer: TypeAlias = Callable[[np.ndarray], dict[str, float]]
"""Scores of fixed answers under a weight a row, (n,): ones are the plain scores, counts a bootstrap's."""


class Task(Protocol):
    """A use of a network, as a frozen record.

    Its network gives outputs before any activation: (N, units), or (N, units, rows, columns) of a "map" or "grid".
    `decode` makes of them one answer an image, `raw` here: the outputs themselves, (n, units), of a "vector"; boxes or
    masks else. Of answers everything else is made.
    """

    @property
    def name(self) -> str:
        """The word for it, as in `--task`."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """What each output stands for: classes, labels or numbers."""
        ...

    @property
    def units(self) -> int:
        """How many outputs the network has."""
        ...

    @property
    def head(self) -> Head:
        """What the network gives."""
        ...

    @property
    def places(self) -> Places:
        """What of a target moves with its image."""
        ...

    @property
    def activation(self) -> str | None:
        """The activation of the network's last layer."""
        ...

    @property
    def monitor(self) -> tuple[str, int]:
        """The score that is watched on validation, and 1 when more is better, -1 when less is."""
        ...

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """A table's targets as the loss takes them."""
        ...

    def loss(self, raw: Tensor, target: Tensor, *, smoothing: float = 0.0, weights: Tensor | None = None) -> Tensor:
        """The mean loss of a batch, of the network's outputs as float32."""
        ...

    def decode(self, raw: Tensor) -> np.ndarray:
        """Answers of a batch of outputs: a row an image."""
        ...

    def empty(self, count: int, size: tuple[int, int]) -> np.ndarray:
        """Answers that say nothing, a row an image, for inputs of (height, width) `size`."""
        ...

    def restore(self, raw: np.ndarray, frames: Sequence[Placement]) -> np.ndarray:
        """Answers that are places, in pixels of the images as they came; others as they are."""
        ...

    def full(self, raw: np.ndarray, frames: Sequence[Placement]) -> np.ndarray:
        """What predictions are made of: as `restore`, and masks, an array of arrays, at the size of their images."""
        ...

    def to_columns(self, raw: np.ndarray) -> dict[str, list[Any]]:
        """What a prediction says, a column a name, in plain values; a list is of records of objects."""
        ...

    def to_records(self, raw: np.ndarray) -> list[dict[str, Any]]:
        """One dictionary an image: the columns, and what fits into no table, as masks."""
        ...

    def with_threshold(self, confidence: float) -> "Task":
        """The task that tells boxes or objects from this confidence on; DataError where nothing is told so."""
        ...

    def scorer(self, raw: np.ndarray, targets: np.ndarray) -> Scorer:
        """Prepares the scores of these answers."""
        ...

    def per_class(self, raw: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        """A table row for each class, label or number: its name first, then `count`, then scores."""
        ...

    @property
    def subgroup_word(self) -> str:
        """The word for what `kinds` tells apart."""
        ...

    def subgroups(self, targets: np.ndarray) -> dict[str, np.ndarray]:
        """Which rows are of each kind (class, label or range of numbers); a row may be of several or of none."""
        ...

    def is_error(self, raw: np.ndarray, targets: np.ndarray) -> np.ndarray | None:
        """(n,) whether each answer is wrong; None where answers are only more or less far off."""
        ...

    def fit_baseline(self, train_targets: np.ndarray) -> np.ndarray:
        """What the answer that never looks at the image knows, as a few numbers."""
        ...

    def baseline_predictions(self, trivial: np.ndarray, raw: np.ndarray) -> np.ndarray:
        """That answer for as many images as `raw` has answers, in the same form."""
        ...

    def sample_loss(self, raw: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """(n,) loss of each row: the worst mistakes have the highest."""
        ...

    def uncertainty(self, raw: np.ndarray) -> np.ndarray:
        """(n,) how unsure each answer is; zeros where the answer does not say."""
        ...

    def charts(self, raw: np.ndarray, targets: np.ndarray) -> tuple[Chart, ...]:
        """What there is to draw about these answers."""
        ...

    def describe(self, raw: np.ndarray, target: Any) -> tuple[str, str]:
        """One answer, from raw (units,), and the truth, in words."""
        ...

    def draw(self, pixels: np.ndarray, raw: Any, target: Any) -> np.ndarray:
        """A picture, uint8 (height, width, 1 or 3), of an answer and of the truth when it is known.

        `pixels` are the image as the network sees it, and answer and target are in its pixels.
        """
        ...

    def calibrated(self, raw: np.ndarray, targets: np.ndarray) -> "Task":
        """The task with its probabilities calibrated on these validation answers."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Plain values from which `task_from_json` makes the same task."""
        ...
