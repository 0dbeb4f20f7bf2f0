"""Any of several labels for each image."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from opsin.data.targets import LABELS
from opsin.drawing import Chart
from opsin.drawing.reliability import reliability_chart
from opsin.metrics.calibration import fit_temperature, log_sigmoid
from opsin.metrics.weighted import area_under_curve, calibration_error, mean, mean_known, ratio

from ..image_level import ImageLevelTask
from ..task import Scorer
from ..validation import check_names, check_temperature


@dataclass(frozen=True)
class MultiLabel(ImageLevelTask):
    """Binary cross-entropy a label; a label is given when its calibrated probability is at least one half.

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
        """One output a label."""
        return len(self.names)

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """(n, labels) float32 of 0 and 1, as they are."""
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
        """(n, labels) probabilities."""
        return np.exp(log_sigmoid(predictions / self.temperature))

    def to_columns(self, predictions: np.ndarray) -> dict[str, list[Any]]:
        """`labels` joined by "|", and `p_<label>` for every label."""
        probabilities = self.probabilities(predictions)
        given = ["|".join(n for n, yes in zip(self.names, row >= 0.5, strict=True) if yes) for row in probabilities]
        return {"labels": given, **{f"p_{n}": probabilities[:, i].tolist() for i, n in enumerate(self.names)}}

    def scorer(self, predictions: np.ndarray, targets: np.ndarray) -> Scorer:
        """Means over labels: accuracy, balanced_accuracy, macro_f1, auroc, log_loss, ece and ece_uncalibrated.

        A label is left out of a mean where the rows do not define it: one that is never true has no auroc, and one
        that is neither true nor given has no f1.
        """
        real, probabilities = targets >= 0.5, self.probabilities(predictions)
        given = probabilities >= 0.5
        hits, gifts, truths = (part.astype(np.float64) for part in (given & real, given, real))
        areas = [area_under_curve(probabilities[:, i], real[:, i]) for i in range(self.units)]
        log_loss = mean(self._log_loss(predictions, targets, self.temperature).mean(1))
        calibration = calibration_error(probabilities, real)
        before = calibration_error(np.exp(log_sigmoid(predictions)), real)

        def scores(weights: np.ndarray) -> dict[str, float]:
            hit, said, truth, total = weights @ hits, weights @ gifts, weights @ truths, weights.sum()
            clear = total - said - truth + hit
            return {
                "accuracy": mean_known(ratio(hit + clear, np.full(self.units, total))),
                "balanced_accuracy": mean_known((ratio(hit, truth) + ratio(clear, total - truth)) / 2),
                "macro_f1": mean_known(ratio(2 * hit, said + truth)),
                "auroc": mean_known([area(weights) for area in areas]),
                "log_loss": log_loss(weights),
                "ece": calibration(weights),
                "ece_uncalibrated": before(weights),
            }

        return scores

    def per_class(self, predictions: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        """label, count, precision, recall and f1 of each label; nan where there is nothing to divide by."""
        truth, given = targets >= 0.5, self.probabilities(predictions) >= 0.5
        hit, said, real = (truth & given).sum(0), given.sum(0), truth.sum(0)
        columns = (real, ratio(hit, said), ratio(hit, real), ratio(2 * hit, said + real))
        return [
            {"label": name, "count": int(n), "precision": float(p), "recall": float(r), "f1": float(f)}
            for name, n, p, r, f in zip(self.names, *columns, strict=True)
        ]

    def subgroups(self, targets: np.ndarray) -> dict[str, np.ndarray]:
        """The rows that have each label."""
        return {name: np.flatnonzero(targets[:, index] >= 0.5) for index, name in enumerate(self.names)}

    def is_error(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """(n,) whether any label is given that is not true, or the other way round."""
        return ((self.probabilities(predictions) >= 0.5) != (targets >= 0.5)).any(1)

    def fit_baseline(self, train_targets: np.ndarray) -> np.ndarray:
        """Always the training share of each label."""
        share = train_targets.mean(0).clip(1e-6, 1 - 1e-6)
        return np.log(share / (1 - share)).astype(np.float32)

    def sample_loss(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """The log loss of each row, summed over labels."""
        return self._log_loss(predictions, targets, self.temperature).sum(1)

    def uncertainty(self, predictions: np.ndarray) -> np.ndarray:
        """One minus the probability of the least sure label's answer."""
        probabilities = self.probabilities(predictions)
        return 1 - np.maximum(probabilities, 1 - probabilities).min(1)

    def charts(self, predictions: np.ndarray, targets: np.ndarray) -> tuple[Chart, ...]:
        """The reliability diagram over all labels, before and after the temperature."""
        before, after = np.exp(log_sigmoid(predictions)).ravel(), self.probabilities(predictions).ravel()
        return (
            reliability_chart(before, after, (targets >= 0.5).ravel(), "probability of a label", "share that is true"),
        )

    def describe(self, prediction: np.ndarray, target: Any) -> tuple[str, str]:
        """The labels given, and the true ones."""
        truth = [name for name, value in zip(self.names, target, strict=True) if value >= 0.5]
        given = [
            name
            for name, value in zip(self.names, self.probabilities(prediction[None])[0], strict=True)
            if value >= 0.5
        ]
        return ", ".join(given) or "none", ", ".join(truth) or "none"

    def uncalibrated(self) -> "MultiLabel":
        """Returns the task with a temperature of 1."""
        return replace(self, temperature=1.0)

    def calibrated(self, predictions: np.ndarray, targets: np.ndarray) -> "MultiLabel":
        """With the temperature that has the least log loss on these validation rows.

        On the imaginary row of doubt the opposite of every answer was right.
        """
        if not len(predictions):
            return self
        found = fit_temperature(
            lambda t: float(self._log_loss(predictions, targets, t).mean()),
            lambda t: float(self._log_loss(predictions, predictions < 0, t).mean()) / len(predictions),
        )
        return replace(self, temperature=found)

    def to_json(self) -> dict[str, Any]:
        """Plain values for the model file."""
        return {"task": self.name, **asdict(self)}

    def _log_loss(self, predictions: np.ndarray, targets: np.ndarray, temperature: float) -> np.ndarray:
        scaled = predictions.astype(np.float64) / temperature
        return np.logaddexp(0.0, scaled) - targets * scaled
