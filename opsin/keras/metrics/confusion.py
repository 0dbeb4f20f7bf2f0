"""Metrics from true and false positives: precision, recall, area under the ROC or precision-recall curve."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from opsin.core import OpsinError

from ..losses.loss import as_tensor
from .metric import Metric, paired


class _ConfusionMetric(Metric):
    """Weighted numbers of true and false positives above each of several rising thresholds."""

    direction: ClassVar[str | None] = "up"

    def __init__(self, thresholds: np.ndarray, name: str | None, dtype: Any = None) -> None:
        super().__init__(name, dtype)
        self.thresholds = torch.from_numpy(thresholds).float()
        self.reset_state()

    def reset_state(self) -> None:
        zeros = torch.zeros(len(self.thresholds), dtype=torch.float64)
        self.true_positives, self.false_positives = zeros, zeros.clone()
        self.positives, self.negatives = 0.0, 0.0

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        target, output = (value.detach().cpu() for value in paired(y_true, y_pred))
        target, weight = target != 0, torch.ones_like(output, dtype=torch.float64)
        if sample_weight is not None:
            given = as_tensor(sample_weight).cpu().double()
            weight = given.view(*given.shape, *(1,) * (output.ndim - given.ndim)).expand(output.shape)
        # Number of thresholds below each output; 0 for NaN.
        below = torch.searchsorted(self.thresholds, output.float().contiguous()).where(~output.isnan(), 0)
        for counts, rows in ((self.true_positives, target), (self.false_positives, ~target)):
            histogram = torch.bincount(below[rows], weight[rows], len(self.thresholds) + 1)
            counts += histogram.flip(0).cumsum(0).flip(0)[1:]
        self.positives += float((weight * target).sum())
        self.negatives += float((weight * ~target).sum())


class _SingleThreshold(_ConfusionMetric):
    """True and false positives at one threshold."""

    def __init__(self, thresholds: float | Sequence[float] | None = None, *, name: str | None = None,
                 dtype: Any = None) -> None:  # fmt: skip
        values = np.atleast_1d(np.asarray(0.5 if thresholds is None else thresholds, np.float64))
        if values.shape != (1,):
            raise OpsinError(f"{type(self).__name__} got thresholds={thresholds!r}. Expected one number.")
        super().__init__(values, name, dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": float(self.thresholds[0])}


class Precision(_SingleThreshold):
    """Share of true positives among positive predictions.

    Args:
        thresholds: Outputs above it are positive. Default: 0.5.
        name: Name of the metric.
        dtype: Accepted, without effect.

    Examples:
        >>> Precision()([0, 1, 1, 1], [1.0, 0.0, 1.0, 1.0])
        0.6666666666666666
    """

    def result(self) -> float:
        predicted = float(self.true_positives[0] + self.false_positives[0])
        return float(self.true_positives[0]) / predicted if predicted else 0.0


class Recall(_SingleThreshold):
    """Share of true positives among positive labels.

    Args:
        thresholds: Outputs above it are positive. Default: 0.5.
        name: Name of the metric.
        dtype: Accepted, without effect.
    """

    def result(self) -> float:
        return float(self.true_positives[0]) / self.positives if self.positives else 0.0


class AUC(_ConfusionMetric):
    """Area under the ROC or the precision-recall curve, approximated with thresholds as in Keras.

    Args:
        num_thresholds: Number of thresholds between 0 and 1.
        curve: "ROC", or "PR" for precision over recall.
        summation_method: "minoring" uses the lower and "majoring" the upper end of each interval; "interpolation" the
            mean, or for "PR" the interpolation of Davis and Goadrich (2006).
        name: Name of the metric.
        dtype: Accepted, without effect.
        thresholds: Thresholds to use instead of `num_thresholds` equally spaced ones.

    Raises:
        OpsinError: An argument is invalid.

    Outputs are probabilities; they are clipped to 0 to 1.

    Examples:
        >>> AUC()([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9])
        0.75
    """

    def __init__(
        self, num_thresholds: int = 200, curve: Literal["ROC", "PR"] = "ROC",
        summation_method: Literal["interpolation", "minoring", "majoring"] = "interpolation", name: str | None = None,
        dtype: Any = None, thresholds: Sequence[float] | None = None,
    ) -> None:  # fmt: skip
        if num_thresholds < 2 or curve not in ("ROC", "PR") or summation_method not in _HEIGHTS:
            raise OpsinError(
                f"AUC got num_thresholds={num_thresholds}, curve={curve!r} and summation_method={summation_method!r}. "
                f"Expected at least 2, 'ROC' or 'PR', and one of {', '.join(map(repr, _HEIGHTS))}."
            )
        inner = np.arange(1, num_thresholds - 1) / (num_thresholds - 1) if thresholds is None else sorted(thresholds)
        self.num_thresholds, self.curve, self.summation_method = len(inner) + 2, curve, summation_method
        self.threshold_argument = None if thresholds is None else [float(value) for value in inner]
        super().__init__(np.concatenate([[-1e-7], inner, [1 + 1e-7]]), name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        super().update_state(y_true, as_tensor(y_pred).float().clamp(0, 1), sample_weight)

    def result(self) -> float:
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self._interpolated_precision()
        recall = _safe_divide(self.true_positives, torch.tensor(self.positives).double())
        if self.curve == "ROC":
            across, up = _safe_divide(self.false_positives, torch.tensor(self.negatives).double()), recall
        else:
            across, up = recall, _safe_divide(self.true_positives, self.true_positives + self.false_positives)
        heights = _HEIGHTS[self.summation_method](up[:-1], up[1:])
        return float(((across[:-1] - across[1:]) * heights).sum())

    def _interpolated_precision(self) -> float:
        """Returns the area under the precision-recall curve; true and false positives are interpolated linearly."""
        true, predicted = self.true_positives, self.true_positives + self.false_positives
        true_step, predicted_step = true[:-1] - true[1:], predicted[:-1] - predicted[1:]
        slope = _safe_divide(true_step, predicted_step.clamp(min=0))
        start = true[1:] - slope * predicted[1:]
        both = (predicted[:-1] > 0) & (predicted[1:] > 0)
        growth = _safe_divide(predicted[:-1], predicted[1:].clamp(min=0)).where(both, 1.0).log()
        areas = slope * (true_step + start * growth)
        return float(_safe_divide(areas, torch.tensor(self.positives).double()).sum())

    def get_config(self) -> dict[str, Any]:
        own = {"num_thresholds": self.num_thresholds, "curve": self.curve, "summation_method": self.summation_method}
        return {**super().get_config(), **own, "thresholds": self.threshold_argument}


def _mean(a: Tensor, b: Tensor) -> Tensor:
    return (a + b) / 2


_HEIGHTS = {"interpolation": _mean, "minoring": torch.minimum, "majoring": torch.maximum}


def _safe_divide(a: Tensor, b: Tensor) -> Tensor:
    """Returns a / b, and 0 where b is 0."""
    return torch.where(b == 0, 0.0, a / b)
