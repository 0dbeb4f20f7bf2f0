"""Metrics of right and wrong labels: precision, recall, area under the ROC or precision-recall curve."""

from typing import Any, ClassVar

import numpy as np
import torch

from opsin.core import OpsinError

from ..losses.loss import as_tensor
from .metric import Metric, paired


class _Counts(Metric):
    """Weights of right and wrong positives and negatives at each threshold."""

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
        target, output = paired(y_true, y_pred)
        target, output = target.detach().cpu() > 0, output.detach().cpu()
        weight = torch.ones_like(output, dtype=torch.float64)
        if sample_weight is not None:
            given = as_tensor(sample_weight).cpu().double()
            weight = given.view(*given.shape, *(1,) * (output.ndim - given.ndim)).expand(output.shape)
        for index, threshold in enumerate(self.thresholds):
            over = output > threshold
            self.true_positives[index] += (weight * (over & target)).sum()
            self.false_positives[index] += (weight * (over & ~target)).sum()
        self.positives += float((weight * target).sum())
        self.negatives += float((weight * ~target).sum())


class _AtOne(_Counts):
    """Counts at one threshold."""

    def __init__(self, thresholds: Any = None, *, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(np.reshape([0.5 if thresholds is None else thresholds], (1,)), name, dtype)

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
    """The area under the ROC curve at `num_thresholds` thresholds, as Keras sums it.

    >>> AUC()([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9])
    0.75
    """

    def __init__(
        self, num_thresholds: int = 200, curve: str = "ROC", summation_method: str = "interpolation",
        name: str | None = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        if num_thresholds < 2 or curve != "ROC" or summation_method != "interpolation":
            raise OpsinError(
                f"AUC takes num_thresholds of at least 2, curve='ROC' and summation_method='interpolation', got "
                f"{num_thresholds}, {curve!r} and {summation_method!r}"
            )
        self.num_thresholds = num_thresholds
        inner = np.arange(1, num_thresholds - 1) / (num_thresholds - 1)
        super().__init__(np.concatenate([[-1e-7], inner, [1 + 1e-7]]), name, dtype)

    def result(self) -> float:
        right = self.true_positives / self.positives if self.positives else torch.zeros_like(self.true_positives)
        wrong = self.false_positives / self.negatives if self.negatives else torch.zeros_like(self.false_positives)
        return float(((wrong[:-1] - wrong[1:]) * (right[:-1] + right[1:]) / 2).sum())

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "num_thresholds": self.num_thresholds}
