"""Classification: one class per image."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from opsin.core import OutputSpec
from opsin.data import CLASSES
from opsin.drawing import Chart, Matrix
from opsin.drawing.reliability import reliability_chart
from opsin.metrics.calibration import fit_temperature, log_softmax
from opsin.metrics.weighted import area_under_curve, calibration_error, mean, mean_known, ratio

from ..image_level import ImageLevelTask
from ..task import Scorer
from ..validation import check_names, check_temperature


@dataclass(frozen=True)
class Classify(ImageLevelTask):
    """Classification with cross-entropy; probabilities are calibrated by one temperature.

    Args:
        names: Class names.
        temperature: Divisor of the logits before the softmax.

    Raises:
        DataError: A name or the temperature is not valid, or there are fewer than two names.

    Examples:
        >>> Classify(("cat", "dog")).to_columns(np.array([[0.0, 2.0]]))["label"]
        ['dog']
    """

    names: tuple[str, ...]
    temperature: float = 1.0

    name = "classify"
    output = OutputSpec("vector", ranks=(2, 3))
    target_kind = CLASSES
    activation = "softmax"
    monitor = ("accuracy", 1)
    subgroup_word = "class"

    def __post_init__(self) -> None:
        check_names(self.names, 2, "classes")
        check_temperature(self.temperature)

    @property
    def units(self) -> int:
        """One output per class."""
        return len(self.names)

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Returns class indices, int64 (n,)."""
        return targets.astype(np.int64)

    def loss(
        self,
        logits: Tensor,
        target: Tensor,
        *,
        smoothing: float = 0.0,
        weights: Tensor | None = None,
        parameters: Mapping[str, Tensor] | None = None,
    ) -> Tensor:
        """Computes cross-entropy (n,) with label smoothing (Szegedy et al. 2016); weights average 1 in a batch."""
        loss = F.cross_entropy(logits, target, weight=weights, label_smoothing=smoothing, reduction="none")
        return loss if weights is None else loss / weights[target].mean()

    def probabilities(self, predictions: np.ndarray) -> np.ndarray:
        """Returns calibrated probabilities, (n, classes)."""
        return np.exp(log_softmax(predictions, self.temperature))

    def to_columns(self, predictions: np.ndarray) -> dict[str, list[Any]]:
        """Returns `label`, `confidence` and `p_<class>` for each class."""
        probabilities = self.probabilities(predictions)
        best = probabilities.argmax(1)
        return {
            "label": [self.names[index] for index in best],
            "confidence": probabilities.max(1).tolist(),
            **{f"p_{name}": probabilities[:, index].tolist() for index, name in enumerate(self.names)},
        }

    def scorer(self, predictions: np.ndarray, targets: np.ndarray) -> Scorer:
        """Returns a function to accuracy, balanced_accuracy, macro_f1, auroc, log_loss, ece and ece_uncalibrated.

        balanced_accuracy, macro_f1 and auroc are means over the classes for which they are defined. auroc is one
        against the rest; with two classes it is that of the second.
        """
        count, logs = len(self.names), log_softmax(predictions, self.temperature)
        probabilities = np.exp(logs)
        best = predictions.argmax(1)
        cell = targets * count + best
        columns = range(count) if count > 2 else [1]
        areas = [area_under_curve(probabilities[:, index], targets == index) for index in columns]
        log_loss = mean(-logs[np.arange(len(targets)), targets])
        calibration = calibration_error(probabilities.max(1), best == targets)
        before = calibration_error(np.exp(log_softmax(predictions)).max(1), best == targets)

        def scores(weights: np.ndarray) -> dict[str, float]:
            table = np.bincount(cell, weights, count * count).reshape(count, count)
            correct, labelled, predicted = np.diag(table), table.sum(1), table.sum(0)
            return {
                "accuracy": float(ratio(correct.sum(), table.sum())),
                "balanced_accuracy": mean_known(ratio(correct, labelled)),
                "macro_f1": mean_known(ratio(2 * correct, labelled + predicted)),
                "auroc": mean_known([area(weights) for area in areas]),
                "log_loss": log_loss(weights),
                "ece": calibration(weights),
                "ece_uncalibrated": before(weights),
            }

        return scores

    def per_class(self, predictions: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        """Returns class, count, precision, recall and f1 of each class; nan where a score is not defined."""
        table = self._table(predictions, targets)
        correct, labelled, predicted = np.diag(table), table.sum(1), table.sum(0)
        f1 = ratio(2 * correct, labelled + predicted)
        columns = (labelled, ratio(correct, predicted), ratio(correct, labelled), f1)
        return [
            {"class": name, "count": int(n), "precision": float(p), "recall": float(r), "f1": float(f)}
            for name, n, p, r, f in zip(self.names, *columns, strict=True)
        ]

    def subgroups(self, targets: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the rows of each class."""
        ends = np.bincount(targets, minlength=self.units).cumsum()[:-1]
        return dict(zip(self.names, np.split(np.argsort(targets, kind="stable"), ends), strict=True))

    def is_error(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Returns (n,) booleans, true where the most probable class is not the label."""
        return predictions.argmax(1) != targets

    def fit_baseline(self, train_targets: np.ndarray) -> np.ndarray:
        """Returns the logarithms of the class shares in training, which predict the most frequent class, (classes,)."""
        shares = np.bincount(train_targets, minlength=len(self.names)) + 1e-6
        return np.log(shares / shares.sum()).astype(np.float32)

    def sample_loss(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Returns the log loss of each row, (n,)."""
        return -log_softmax(predictions, self.temperature)[np.arange(len(targets)), targets]

    def uncertainty(self, predictions: np.ndarray) -> np.ndarray:
        """Returns 1 - the highest probability of each row, (n,)."""
        return 1 - self.probabilities(predictions).max(1)

    def charts(self, predictions: np.ndarray, targets: np.ndarray) -> tuple[Chart, ...]:
        """Returns the confusion matrix, and the reliability diagram before and after calibration."""
        caption = "Number of images by ground truth (rows) and predicted class (columns); the diagonal is correct."
        matrix = Matrix(
            "Confusion matrix", caption, self._table(predictions, targets), self.names, "ground truth", "prediction"
        )
        before, after = np.exp(log_softmax(predictions)).max(1), self.probabilities(predictions).max(1)
        return matrix, reliability_chart(
            before, after, ~self.is_error(predictions, targets), "confidence", "share of correct predictions"
        )

    def describe(self, prediction: np.ndarray, target: Any) -> tuple[str, str]:
        """Returns the most probable class with its probability, and the label."""
        probabilities = self.probabilities(prediction[None])[0]
        best = int(probabilities.argmax())
        return f"{self.names[best]} {probabilities[best]:.0%}", self.names[int(target)]

    def class_weights(self, train_targets: np.ndarray) -> tuple[float, ...]:
        """Returns weights by inverse class frequency; their mean over the training rows is 1."""
        counts = np.bincount(train_targets, minlength=self.units).clip(1)
        return tuple((len(train_targets) / (self.units * counts)).tolist())

    def uncalibrated(self) -> "Classify":
        """Returns the task with a temperature of 1."""
        return replace(self, temperature=1.0)

    def calibrated(self, predictions: np.ndarray, targets: np.ndarray) -> "Classify":
        """Returns the task with the temperature of least log loss on these validation rows.

        One additional row, labelled with the second most probable class, limits the fit on rows without errors.
        """
        if not len(targets):
            return self
        second = np.argsort(predictions, 1)[:, -2]

        def loss(labels: np.ndarray, temperature: float) -> float:
            return float(-log_softmax(predictions, temperature)[np.arange(len(labels)), labels].mean())

        found = fit_temperature(lambda t: loss(targets, t), lambda t: loss(second, t) / len(targets))
        return replace(self, temperature=found)

    def to_json(self) -> dict[str, Any]:
        """Returns plain values for the model file."""
        return {"task": self.name, **asdict(self)}

    def _table(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        count = len(self.names)
        return np.bincount(targets * count + predictions.argmax(1), minlength=count * count).reshape(count, count)
