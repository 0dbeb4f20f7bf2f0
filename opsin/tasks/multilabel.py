"""Any of several labels for each image."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from opsin.core import DataError

from .charts import Chart, Lines
from .classify import reliability
from .probabilities import check_temperature, fit_temperature, log_sigmoid
from .task import Scorer
from .weighted import area_under_curve, calibration_error, mean, mean_known, ratio


@dataclass(frozen=True)
class MultiLabel:
    """Binary cross-entropy a label; a label is given when its calibrated probability is at least one half.

    >>> MultiLabel(("cat", "dog")).columns(np.array([[3.0, 2.0]]))["labels"]
    ['cat|dog']
    """

    names: tuple[str, ...]
    temperature: float = 1.0

    name = "multilabel"
    activation = "sigmoid"
    monitor = ("macro_f1", 1)

    def __post_init__(self) -> None:
        check_temperature(self.temperature)
        if not self.names:
            raise DataError("found no label; expected at least one")

    @property
    def units(self) -> int:
        """One output a label."""
        return len(self.names)

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """(n, labels) float32 of 0 and 1, as they are."""
        return targets.astype(np.float32)

    def loss(self, raw: Tensor, target: Tensor, *, smoothing: float = 0.0, weights: Tensor | None = None) -> Tensor:
        """Mean binary cross-entropy; `smoothing` moves targets towards one half, `weights` are one a label."""
        target = target * (1 - smoothing) + smoothing / 2
        return F.binary_cross_entropy_with_logits(raw, target, weight=weights)

    def answer(self, raw: np.ndarray) -> np.ndarray:
        """(n, labels) probabilities."""
        return np.exp(log_sigmoid(raw / self.temperature))

    def columns(self, raw: np.ndarray) -> dict[str, list[Any]]:
        """`labels` joined by "|", and `p_<label>` for every label."""
        probabilities = self.answer(raw)
        given = ["|".join(n for n, yes in zip(self.names, row >= 0.5, strict=True) if yes) for row in probabilities]
        return {"labels": given, **{f"p_{n}": probabilities[:, i].tolist() for i, n in enumerate(self.names)}}

    def scorer(self, raw: np.ndarray, targets: np.ndarray) -> Scorer:
        """Means over labels: accuracy, balanced_accuracy, macro_f1, auroc, log_loss, ece and ece_uncalibrated."""
        truth = targets >= 0.5
        probabilities = self.answer(raw)
        given = probabilities >= 0.5
        areas = [area_under_curve(probabilities[:, i], truth[:, i]) for i in range(self.units)]
        log_loss = mean(self._log_loss(raw, targets, self.temperature).mean(1))
        errors = [self._calibration(self.answer(raw), truth), self._calibration(np.exp(log_sigmoid(raw)), truth)]
        cells = (given & truth, given & ~truth, ~given & truth, ~given & ~truth)

        def scores(weights: np.ndarray) -> dict[str, float]:
            hit, false, missed, clear = (weights @ cell for cell in cells)
            return {
                "accuracy": mean_known(ratio(hit + clear, hit + clear + false + missed)),
                "balanced_accuracy": mean_known((ratio(hit, hit + missed) + ratio(clear, clear + false)) / 2),
                "macro_f1": float(np.divide(2 * hit, 2 * hit + false + missed, where=hit > 0, out=hit * 0.0).mean()),
                "auroc": mean_known([area(weights) for area in areas]),
                "log_loss": log_loss(weights),
                "ece": mean_known([error(weights) for error in errors[0]]),
                "ece_uncalibrated": mean_known([error(weights) for error in errors[1]]),
            }

        return scores

    def per_class(self, raw: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        """class, count, precision, recall and f1 of each label."""
        truth, given = targets >= 0.5, self.answer(raw) >= 0.5
        hit, said, real = (truth & given).sum(0), given.sum(0), truth.sum(0)
        values = zip(self.names, real, ratio(hit, said), ratio(hit, real), ratio(2 * hit, said + real), strict=True)
        keys = ("class", "count", "precision", "recall", "f1")
        return [
            dict(zip(keys, (name, int(n), float(p), float(r), float(f)), strict=True)) for name, n, p, r, f in values
        ]

    def baseline(self, train_targets: np.ndarray, count: int) -> np.ndarray:
        """Always the training share of each label."""
        share = train_targets.mean(0).clip(1e-6, 1 - 1e-6)
        return np.tile(np.log(share / (1 - share)), (count, 1)).astype(np.float32)

    def surprise(self, raw: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """The log loss of each row, summed over labels."""
        return self._log_loss(raw, targets, self.temperature).sum(1)

    def doubt(self, raw: np.ndarray) -> np.ndarray:
        """One minus the probability of the least sure label's answer."""
        probabilities = self.answer(raw)
        return 1 - np.maximum(probabilities, 1 - probabilities).min(1)

    def charts(self, raw: np.ndarray, targets: np.ndarray) -> tuple[Chart, ...]:
        """The reliability diagram over all labels, before and after the temperature."""
        truth = (targets >= 0.5).ravel()
        curves = (
            ("before calibration", *reliability(np.exp(log_sigmoid(raw)).ravel(), truth)),
            ("calibrated", *reliability(self.answer(raw).ravel(), truth)),
        )
        return (Lines("Reliability", curves, "probability", "share that is true", diagonal=True),)

    def describe(self, raw: np.ndarray, target: Any) -> tuple[str, str]:
        """The labels given, and the true ones."""
        truth = [name for name, value in zip(self.names, target, strict=True) if value >= 0.5]
        return self.columns(raw[None])["labels"][0] or "none", "|".join(truth) or "none"

    def calibrated(self, raw: np.ndarray, targets: np.ndarray) -> "MultiLabel":
        """With the temperature that has the least log loss on these validation rows."""
        if not len(raw):
            return self
        return replace(self, temperature=fit_temperature(lambda t: float(self._log_loss(raw, targets, t).mean())))

    def to_json(self) -> dict[str, Any]:
        """Plain values for the model file."""
        return {"task": self.name, **asdict(self)}

    def _log_loss(self, raw: np.ndarray, targets: np.ndarray, temperature: float) -> np.ndarray:
        scaled = raw / temperature
        return -(targets * log_sigmoid(scaled) + (1 - targets) * log_sigmoid(-scaled))

    def _calibration(self, probabilities: np.ndarray, truth: np.ndarray) -> list[Any]:
        return [calibration_error(probabilities[:, i], truth[:, i]) for i in range(self.units)]
