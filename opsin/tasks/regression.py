"""Regression: one or more numbers per image."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from opsin.data import NUMBERS, Augmentation, ImageStatistics
from opsin.drawing import Chart, Histogram, Points
from opsin.metrics.weighted import mean_known, ratio

from .defaults import image_augmentation, regression_network
from .image_level import ImageLevelTask
from .task import NetworkChoice, Scorer
from .validation import check_names, check_scale


@dataclass(frozen=True)
class Regress(ImageLevelTask):
    """Regression with the Huber loss of numbers scaled to mean 0 and deviation 1 over the training images.

    The Huber loss (1964) is squared for errors below one deviation and linear above, which limits the effect of
    outliers.

    Args:
        names: Names of the numbers.
        mean: Mean of each number over the training images.
        spread: Standard deviation of each number over the training images, above 0.

    Raises:
        DataError: A name, a mean or a deviation is not valid.

    Examples:
        >>> Regress(("count",), (10.0,), (2.0,)).to_columns(np.array([[0.5]]))
        {'count': [11.0]}
    """

    names: tuple[str, ...]
    mean: tuple[float, ...]
    spread: tuple[float, ...]

    name = "regress"
    target_kind = NUMBERS
    activation = None
    monitor = ("mae", -1)
    subgroup_word = "range"

    def __post_init__(self) -> None:
        check_names(self.names, 1, "numbers")
        check_scale(len(self.names), self.mean, self.spread)

    @classmethod
    def from_targets(cls, names: tuple[str, ...], train_targets: np.ndarray) -> "Regress":
        """Returns the task with the mean and standard deviation of the training targets, (n, numbers)."""
        values = train_targets.astype(np.float64)  # in float32 a constant has a deviation of rounding errors
        spread = values.std(0)
        return cls(names, tuple(values.mean(0).tolist()), tuple(np.where(spread > 0, spread, 1.0).tolist()))

    @property
    def units(self) -> int:
        """One output per number."""
        return len(self.names)

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Returns scaled numbers, float32 (n, numbers)."""
        return ((targets - np.array(self.mean)) / np.array(self.spread)).astype(np.float32)

    def decode_targets(self, encoded: np.ndarray) -> np.ndarray:
        """Returns numbers in the unit of the targets, (n, numbers)."""
        return self.values(encoded)

    def loss(
        self,
        logits: Tensor,
        target: Tensor,
        *,
        smoothing: float = 0.0,
        weights: Tensor | None = None,
        parameters: Mapping[str, Tensor] | None = None,
    ) -> Tensor:
        """Computes the Huber loss of scaled values, a mean over the numbers, (n,); there is no smoothing."""
        loss = F.smooth_l1_loss(logits, target, reduction="none")
        return (loss if weights is None else loss * weights).mean(1)

    def values(self, predictions: np.ndarray) -> np.ndarray:
        """Returns predictions in the unit of the targets, (n, numbers)."""
        return predictions.astype(np.float64) * np.array(self.spread) + np.array(self.mean)

    def to_columns(self, predictions: np.ndarray) -> dict[str, list[Any]]:
        """Returns one column per number."""
        values = self.values(predictions)
        return {name: values[:, index].tolist() for index, name in enumerate(self.names)}

    def scorer(self, predictions: np.ndarray, targets: np.ndarray) -> Scorer:
        """Returns a function to mae, rmse and r2, means over the numbers; r2 is nan for constant targets."""
        labelled = targets.astype(np.float64)
        error = self.values(predictions) - labelled
        absolute, squared = np.abs(error), error**2
        rounding = 1e-24 * (labelled**2).max(0, initial=0.0)

        def scores(weights: np.ndarray) -> dict[str, float]:
            total = weights.sum()
            if not total:
                return dict.fromkeys(("mae", "rmse", "r2"), float("nan"))
            share = weights / total
            variance, mean_square = share @ (labelled - share @ labelled) ** 2, share @ squared
            r2 = 1 - ratio(mean_square, np.where(variance > rounding, variance, 0.0))
            return {
                "mae": float((share @ absolute).mean()),
                "rmse": float(np.sqrt(mean_square).mean()),
                "r2": mean_known(r2),
            }

        return scores

    def per_class(self, predictions: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        """Returns number, count, mae, rmse and r2 of each number."""
        rows: list[dict[str, Any]] = []
        for index, name in enumerate(self.names):
            one = Regress((name,), (self.mean[index],), (self.spread[index],))
            scores = one.scorer(predictions[:, [index]], targets[:, [index]])(np.ones(len(predictions)))
            rows.append({"number": name, "count": len(predictions), **scores})
        return rows

    def subgroups(self, targets: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the rows of each range of each number; ranges are about half a deviation wide, with round limits."""
        rows: dict[str, np.ndarray] = {}
        for index, name in enumerate(self.names):
            edges = _round_edges(self.mean[index], self.spread[index])
            texts = [number_text(edge) for edge in edges]
            ranges = [f"under {texts[0]}", *(f"{a} to {b}" for a, b in pairwise(texts)), f"from {texts[-1]}"]
            range_index = np.searchsorted(edges, targets[:, index], "right")
            prefix = f"{name}: " if len(self.names) > 1 else ""
            rows |= {prefix + ranges[at]: np.flatnonzero(range_index == at) for at in np.unique(range_index)}
        return rows

    def class_counts(self, targets: np.ndarray) -> dict[str, int]:
        """Returns the number of images for each number."""
        return dict.fromkeys(self.names, len(targets))

    def is_error(self, predictions: np.ndarray, targets: np.ndarray) -> None:
        """Returns None: predicted numbers are only more or less accurate."""
        return None

    def fit_baseline(self, train_targets: np.ndarray) -> np.ndarray:
        """Returns the scaled training mean, (numbers,)."""
        return self.encode(train_targets.mean(0, keepdims=True))[0]

    def sample_loss(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Returns the absolute error of each row in deviations, summed over numbers, (n,)."""
        return np.abs(predictions - self.encode(targets)).sum(1)

    def uncertainty(self, predictions: np.ndarray) -> np.ndarray:
        """Returns zeros, (n,): predicted numbers have no confidence."""
        return np.zeros(len(predictions))

    def charts(self, predictions: np.ndarray, targets: np.ndarray) -> tuple[Chart, ...]:
        """Returns prediction over ground truth, and a histogram of errors, for each number."""
        values = self.values(predictions)
        charts: list[Chart] = []
        for index, name in enumerate(self.names):
            labelled, predicted = targets[:, index].astype(np.float64), values[:, index]
            caption = "Predicted values over labelled values, one dot per image; on the diagonal both are equal."
            title = f"{name}: prediction over ground truth"
            charts.append(Points(title, caption, labelled, predicted, "ground truth", "prediction", True))
            counts, edges = np.histogram(predicted - labelled, 24)
            caption = "Prediction minus ground truth: above zero the prediction is too high."
            charts.append(Histogram(f"{name}: errors", caption, edges, counts, "prediction - ground truth", "images"))
        return tuple(charts)

    def describe(self, prediction: np.ndarray, target: Any) -> tuple[str, str]:
        """Returns the predicted numbers, and those of the ground truth."""
        return self._numbers_text(self.values(prediction[None])[0]), self._numbers_text(target)

    def default_network(self, images: ImageStatistics, count: int, device: str, seconds: float | None) -> NetworkChoice:
        """Returns a network that averages over the image, since numbers such as counts add up over it."""
        return regression_network(images, count, device, seconds)

    def default_augmentation(self, side: int, *, hflip: bool, rotate90: bool, long: bool) -> Augmentation:
        """Returns flips, translations and, for larger images, small rotations: nothing that changes an amount."""
        return image_augmentation(side, hflip=hflip, rotate90=rotate90, long=long, numbers=True)

    def calibrated(self, predictions: np.ndarray, targets: np.ndarray) -> "Regress":
        """Returns the task itself: there are no probabilities."""
        return self

    def to_json(self) -> dict[str, Any]:
        """Returns plain values for the model file."""
        return {"task": self.name, **asdict(self)}

    def _numbers_text(self, values: Any) -> str:
        texts = [number_text(float(value)) for value in values]
        if len(texts) == 1:
            return texts[0]
        return ", ".join(f"{name} {text}" for name, text in zip(self.names, texts, strict=True))


def number_text(value: float) -> str:
    """Formats a number with four significant digits, from 1,000 to 1e9 as a whole number.

    Examples:
        >>> number_text(0.12345), number_text(123456.7)
        ('0.1235', '123,457')
    """
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:.4g}"


def _round_edges(mean: float, spread: float) -> np.ndarray:
    """Returns nine limits around the mean; the step is the least 1, 2 or 5 times 10^k of at least half a deviation."""
    power = 10.0 ** np.floor(np.log10(spread / 2))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= spread / 2 * (1 - 1e-9))
    return (np.round(mean / step) + np.arange(-4, 5)) * step
