"""Metrics of right and wrong labels: precision, recall, area under the ROC or the precision-recall curve."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from opsin.core import OpsinError

from ..losses.loss import as_tensor
from .metric import Metric, paired


class _Counts(Metric):
    """Weights of right and wrong positives over each threshold, thresholds rising."""

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
        # How many thresholds an output is over; what is no number is over none.
        over = torch.searchsorted(self.thresholds, output.float().contiguous()).where(~output.isnan(), 0)
        for counts, rows in ((self.true_positives, target), (self.false_positives, ~target)):
            found = torch.bincount(over[rows], weight[rows], len(self.thresholds) + 1)
            counts += found.flip(0).cumsum(0).flip(0)[1:]
        self.positives += float((weight * target).sum())
        self.negatives += float((weight * ~target).sum())


class _AtOne(_Counts):
    """Counts at one threshold."""

    def __init__(self, thresholds: float | Sequence[float] | None = None, *, name: str | None = None,
                 dtype: Any = None) -> None:  # fmt: skip
        values = np.atleast_1d(np.asarray(0.5 if thresholds is None else thresholds, np.float64))
        if values.shape != (1,):
            raise OpsinError(f"{type(self).__name__} takes one number for thresholds, got {thresholds!r}")
        super().__init__(values, name, dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": float(self.thresholds[0])}


class Precision(_AtOne):
    """Of what is called positive, the share that is.

    >>> Precision()([0, 1, 1, 1], [1.0, 0.0, 1.0, 1.0])
    0.6666666666666666
    """

    def result(self) -> float:
        called = float(self.true_positives[0] + self.false_positives[0])
        return float(self.true_positives[0]) / called if called else 0.0


class Recall(_AtOne):
    """Of what is positive, the share that is called so."""

    def result(self) -> float:
        return float(self.true_positives[0]) / self.positives if self.positives else 0.0


class AUC(_Counts):
    """The area under a curve of `num_thresholds` points, as Keras sums it: "ROC", or "PR" of precision over recall.

    `summation_method` "minoring" takes the lower end of each piece and "majoring" the upper; "interpolation" the mean,
    and under "PR" what Davis and Goadrich (2006) have between two points. Outputs are probabilities: others are cut to
    0 to 1.

    >>> AUC()([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9])
    0.75
    """

    def __init__(
        self, num_thresholds: int = 200, curve: Literal["ROC", "PR"] = "ROC",
        summation_method: Literal["interpolation", "minoring", "majoring"] = "interpolation", name: str | None = None,
        dtype: Any = None, thresholds: Sequence[float] | None = None,
    ) -> None:  # fmt: skip
        if num_thresholds < 2 or curve not in ("ROC", "PR") or summation_method not in _ENDS:
            raise OpsinError(
                f"AUC takes num_thresholds of at least 2, curve='ROC' or 'PR' and summation_method= one of "
                f"{', '.join(map(repr, _ENDS))}, got {num_thresholds}, {curve!r} and {summation_method!r}"
            )
        inner = np.arange(1, num_thresholds - 1) / (num_thresholds - 1) if thresholds is None else sorted(thresholds)
        self.num_thresholds, self.curve, self.summation_method = len(inner) + 2, curve, summation_method
        self.given_thresholds = None if thresholds is None else [float(value) for value in inner]
        super().__init__(np.concatenate([[-1e-7], inner, [1 + 1e-7]]), name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        super().update_state(y_true, as_tensor(y_pred).float().clamp(0, 1), sample_weight)

    def result(self) -> float:
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self._interpolated_precision()
        recall = _divided(self.true_positives, torch.tensor(self.positives).double())
        if self.curve == "ROC":
            across, up = _divided(self.false_positives, torch.tensor(self.negatives).double()), recall
        else:
            across, up = recall, _divided(self.true_positives, self.true_positives + self.false_positives)
        heights = _ENDS[self.summation_method](up[:-1], up[1:])
        return float(((across[:-1] - across[1:]) * heights).sum())

    def _interpolated_precision(self) -> float:
        """Right and wrong positives grow evenly between two thresholds, and precision is their share throughout."""
        right, called = self.true_positives, self.true_positives + self.false_positives
        more_right, more_called = right[:-1] - right[1:], called[:-1] - called[1:]
        slope = _divided(more_right, more_called.clamp(min=0))
        start = right[1:] - slope * called[1:]
        both = (called[:-1] > 0) & (called[1:] > 0)
        growth = _divided(called[:-1], called[1:].clamp(min=0)).where(both, 1.0).log()
        areas = slope * (more_right + start * growth)
        return float(_divided(areas, torch.tensor(self.positives).double()).sum())

    def get_config(self) -> dict[str, Any]:
        told = {"num_thresholds": self.num_thresholds, "curve": self.curve, "summation_method": self.summation_method}
        return {**super().get_config(), **told, "thresholds": self.given_thresholds}


def _mean(a: Tensor, b: Tensor) -> Tensor:
    return (a + b) / 2


_ENDS = {"interpolation": _mean, "minoring": torch.minimum, "majoring": torch.maximum}


def _divided(a: Tensor, b: Tensor) -> Tensor:
    """a / b, and 0 where b is 0."""
    return torch.where(b == 0, 0.0, a / b)
