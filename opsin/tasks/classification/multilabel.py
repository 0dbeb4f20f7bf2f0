"""Multi-label classification: any number of labels per image."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from opsin.data import LABELS
from opsin.drawing import Chart
from opsin.drawing.reliability import reliability_chart
from opsin.metrics.calibration import fit_temperature, log_sigmoid
from opsin.metrics.weighted import area_under_curve, calibration_error, mean, mean_known, ratio

from ..image_level import ImageLevelTask
from ..task import Scorer
from ..validation import check_names, check_temperature


@dataclass(frozen=True)
class MultiLabel(ImageLevelTask):
    """Multi-label classification with binary cross-entropy per label.

    A label is predicted if its calibrated probability is at least 0.5.

    Args:
        names: Names of the labels.
        temperature: Divisor of the logits before the sigmoid.

    Raises:
        DataError: A name or the temperature is not valid.

    Examples:
        >>> MultiLabel(("cat", "dog")).to_columns(np.array([[3.0, 2.0]]))["labels"]
        ['cat|dog']
    """

    names: tuple[str, ...]
    temperature: float = 1.0

    name = "multilabel"
    target_kind = LABELS
    activation = "sigmoid"
    monitor = ("macro_f1", 1)
    subgroup_word = "label"

    def __post_init__(self) -> None:
        check_names(self.names, 1, "labels")
        check_temperature(self.temperature)

    @property
    def units(self) -> int:
        """One output per label."""
        return len(self.names)

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Returns the labels, float32 (n, labels) of 0 and 1."""
        return targets.astype(np.float32)

    def loss(
        self,
        logits: Tensor,
        target: Tensor,
        *,
        smoothing: float = 0.0,
        weights: Tensor | None = None,
        parameters: Mapping[str, Tensor] | None = None,
    ) -> Tensor:
        """Computes binary cross-entropy, a mean over labels, (n,); `smoothing` moves targets towards one half."""
        target = target * (1 - smoothing) + smoothing / 2
        return F.binary_cross_entropy_with_logits(logits, target, weight=weights, reduction="none").mean(1)

    def probabilities(self, predictions: np.ndarray) -> np.ndarray:
        """Returns calibrated probabilities, (n, labels)."""
        return np.exp(log_sigmoid(predictions / self.temperature))

    def to_columns(self, predictions: np.ndarray) -> dict[str, list[Any]]:
        """Returns the predicted `labels`, joined by "|", and `p_<label>` for each label."""
        probabilities = self.probabilities(predictions)
        labels = ["|".join(n for n, yes in zip(self.names, row >= 0.5, strict=True) if yes) for row in probabilities]
        return {"labels": labels, **{f"p_{n}": probabilities[:, i].tolist() for i, n in enumerate(self.names)}}

    def scorer(self, predictions: np.ndarray, targets: np.ndarray) -> Scorer:
        """Returns a function to accuracy, balanced_accuracy, macro_f1, auroc, log_loss, ece and ece_uncalibrated.

        Scores are means over the labels for which they are defined: a label without positive rows has no auroc, and
        one without positive and predicted rows has no f1.
        """
        positive, probabilities = targets >= 0.5, self.probabilities(predictions)
        predicted = probabilities >= 0.5
        correct_rows, predicted_rows, positive_rows = (
            part.astype(np.float64) for part in (predicted & positive, predicted, positive)
        )
        areas = [area_under_curve(probabilities[:, i], positive[:, i]) for i in range(self.units)]
        log_loss = mean(self._log_loss(predictions, targets, self.temperature).mean(1))
        calibration = calibration_error(probabilities, positive)
        before = calibration_error(np.exp(log_sigmoid(predictions)), positive)

        def scores(weights: np.ndarray) -> dict[str, float]:
            correct, total = weights @ correct_rows, weights.sum()
            predicted, positive = weights @ predicted_rows, weights @ positive_rows
            true_negative = total - predicted - positive + correct
            return {
                "accuracy": mean_known(ratio(correct + true_negative, np.full(self.units, total))),
                "balanced_accuracy": mean_known(
                    (ratio(correct, positive) + ratio(true_negative, total - positive)) / 2
                ),
                "macro_f1": mean_known(ratio(2 * correct, predicted + positive)),
                "auroc": mean_known([area(weights) for area in areas]),
                "log_loss": log_loss(weights),
                "ece": calibration(weights),
                "ece_uncalibrated": before(weights),
            }

        return scores

    def per_class(self, predictions: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        """Returns label, count, precision, recall and f1 of each label; nan where a score is not defined."""
        positive, predicted = targets >= 0.5, self.probabilities(predictions) >= 0.5
        correct, predicted, positive = (positive & predicted).sum(0), predicted.sum(0), positive.sum(0)
        f1 = ratio(2 * correct, predicted + positive)
        columns = (positive, ratio(correct, predicted), ratio(correct, positive), f1)
        return [
            {"label": name, "count": int(n), "precision": float(p), "recall": float(r), "f1": float(f)}
            for name, n, p, r, f in zip(self.names, *columns, strict=True)
        ]

    def subgroups(self, targets: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the rows with each label."""
        return {name: np.flatnonzero(targets[:, index] >= 0.5) for index, name in enumerate(self.names)}

    def is_error(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Returns (n,) booleans, true where the predicted labels are not the ground truth."""
        return ((self.probabilities(predictions) >= 0.5) != (targets >= 0.5)).any(1)

    def fit_baseline(self, train_targets: np.ndarray) -> np.ndarray:
        """Returns the logits of the share of each label in training, (labels,)."""
        share = train_targets.mean(0).clip(1e-6, 1 - 1e-6)
        return np.log(share / (1 - share)).astype(np.float32)

    def sample_loss(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Returns the log loss of each row, summed over labels, (n,)."""
        return self._log_loss(predictions, targets, self.temperature).sum(1)

    def uncertainty(self, predictions: np.ndarray) -> np.ndarray:
        """Returns 1 - the lowest probability of a predicted or rejected label of each row, (n,)."""
        probabilities = self.probabilities(predictions)
        return 1 - np.maximum(probabilities, 1 - probabilities).min(1)

    def charts(self, predictions: np.ndarray, targets: np.ndarray) -> tuple[Chart, ...]:
        """Returns the reliability diagram over all labels, before and after calibration."""
        before, after = np.exp(log_sigmoid(predictions)).ravel(), self.probabilities(predictions).ravel()
        return (
            reliability_chart(
                before, after, (targets >= 0.5).ravel(), "probability of a label", "share of positive labels"
            ),
        )

    def describe(self, prediction: np.ndarray, target: Any) -> tuple[str, str]:
        """Returns the predicted labels, and those of the ground truth."""
        labelled = [name for name, value in zip(self.names, target, strict=True) if value >= 0.5]
        predicted = [
            name
            for name, value in zip(self.names, self.probabilities(prediction[None])[0], strict=True)
            if value >= 0.5
        ]
        return ", ".join(predicted) or "none", ", ".join(labelled) or "none"

    def uncalibrated(self) -> "MultiLabel":
        """Returns the task with a temperature of 1."""
        return replace(self, temperature=1.0)

    def calibrated(self, predictions: np.ndarray, targets: np.ndarray) -> "MultiLabel":
        """Returns the task with the temperature of least log loss on these validation rows.

        One additional row, labelled with the opposite of each prediction, limits the fit on rows without errors.
        """
        if not len(predictions):
            return self
        found = fit_temperature(
            lambda t: float(self._log_loss(predictions, targets, t).mean()),
            lambda t: float(self._log_loss(predictions, predictions < 0, t).mean()) / len(predictions),
        )
        return replace(self, temperature=found)

    def to_json(self) -> dict[str, Any]:
        """Returns plain values for the model file."""
        return {"task": self.name, **asdict(self)}

    def _log_loss(self, predictions: np.ndarray, targets: np.ndarray, temperature: float) -> np.ndarray:
        scaled = predictions.astype(np.float64) / temperature
        return np.logaddexp(0.0, scaled) - targets * scaled
