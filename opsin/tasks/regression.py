"""One or more numbers for each image."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from opsin.data.loading.augmentation import Augmentation
from opsin.data.statistics import ImageStatistics
from opsin.data.targets import NUMBERS
from opsin.drawing import Chart, Histogram, Points
from opsin.metrics.weighted import mean_known, ratio

from .defaults import image_augmentation, regression_network
from .image_level import ImageLevelTask
from .task import NetworkChoice, Scorer
from .validation import check_names, check_scale


@dataclass(frozen=True)
class Regress(ImageLevelTask):
    """Huber loss on numbers scaled to mean 0 and spread 1 over the training images.

    Huber (1964) is the squared error near the truth and the absolute one beyond a spread, so a few odd targets do not
    steer the network.

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
        """One output a number."""
        return len(self.names)

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """(n, numbers) float32, scaled."""
        return ((targets - np.array(self.mean)) / np.array(self.spread)).astype(np.float32)

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
        """(n, numbers) in the target's unit."""
        return predictions.astype(np.float64) * np.array(self.spread) + np.array(self.mean)

    def to_columns(self, predictions: np.ndarray) -> dict[str, list[Any]]:
        """A column a number."""
        answer = self.values(predictions)
        return {name: answer[:, index].tolist() for index, name in enumerate(self.names)}

    def scorer(self, predictions: np.ndarray, targets: np.ndarray) -> Scorer:
        """mae, rmse and r2, each the mean over the numbers; r2 is nan where the truth is constant."""
        truth = targets.astype(np.float64)
        error = self.values(predictions) - truth
        absolute, squared = np.abs(error), error**2
        rounding = 1e-24 * (truth**2).max(0, initial=0.0)

        def scores(weights: np.ndarray) -> dict[str, float]:
            total = weights.sum()
            if not total:
                return dict.fromkeys(("mae", "rmse", "r2"), float("nan"))
            share = weights / total
            variance, mean_square = share @ (truth - share @ truth) ** 2, share @ squared
            r2 = 1 - ratio(mean_square, np.where(variance > rounding, variance, 0.0))
            return {
                "mae": float((share @ absolute).mean()),
                "rmse": float(np.sqrt(mean_square).mean()),
                "r2": mean_known(r2),
            }

        return scores

    def per_class(self, predictions: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        """mae, rmse and r2 of each number."""
        rows: list[dict[str, Any]] = []
        for index, name in enumerate(self.names):
            one = Regress((name,), (self.mean[index],), (self.spread[index],))
            scores = one.scorer(predictions[:, [index]], targets[:, [index]])(np.ones(len(predictions)))
            rows.append({"number": name, "count": len(predictions), **scores})
        return rows

    def subgroups(self, targets: np.ndarray) -> dict[str, np.ndarray]:
        """The rows in each range of each number that holds some; ranges have round ends, two or so to a spread."""
        kinds: dict[str, np.ndarray] = {}
        for index, name in enumerate(self.names):
            edges = _round_edges(self.mean[index], self.spread[index])
            texts = [number_text(edge) for edge in edges]
            ranges = [f"under {texts[0]}", *(f"{a} to {b}" for a, b in pairwise(texts)), f"from {texts[-1]}"]
            place = np.searchsorted(edges, targets[:, index], "right")
            prefix = f"{name}: " if len(self.names) > 1 else ""
            kinds |= {prefix + ranges[at]: np.flatnonzero(place == at) for at in np.unique(place)}
        return kinds

    def is_error(self, predictions: np.ndarray, targets: np.ndarray) -> None:
        """None: a number is only more or less far off."""
        return None

    def fit_baseline(self, train_targets: np.ndarray) -> np.ndarray:
        """Always the training mean."""
        return self.encode(train_targets.mean(0, keepdims=True))[0]

    def sample_loss(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """The absolute error of each row, in spreads, summed over numbers."""
        return np.abs(predictions - self.encode(targets)).sum(1)

    def uncertainty(self, predictions: np.ndarray) -> np.ndarray:
        """Zeros: a number does not say how sure it is."""
        return np.zeros(len(predictions))

    def charts(self, predictions: np.ndarray, targets: np.ndarray) -> tuple[Chart, ...]:
        """Answers over truth, and how far off they are, for each number."""
        answer = self.values(predictions)
        charts: list[Chart] = []
        for index, name in enumerate(self.names):
            truth, said = targets[:, index].astype(np.float64), answer[:, index]
            points = "A dot an image; on the diagonal the answer is the truth."
            charts.append(Points(f"{name}: answer over truth", points, truth, said, f"true {name}", "answer", True))
            counts, edges = np.histogram(said - truth, 24)
            errors = "Answer minus truth: right of zero the answer is too high."
            charts.append(Histogram(f"{name}: errors", errors, edges, counts, "answer minus truth", "images"))
        return tuple(charts)

    def describe(self, prediction: np.ndarray, target: Any) -> tuple[str, str]:
        """The numbers answered, and the true ones."""
        return self._words(self.values(prediction[None])[0]), self._words(target)

    def default_network(self, images: ImageStatistics, count: int, device: str, seconds: float | None) -> NetworkChoice:
        """Returns a network that averages over the image, as numbers such as counts add up over it."""
        return regression_network(images, count, device, seconds)

    def default_augmentation(self, side: int, *, hflip: bool, rotate90: bool, long: bool) -> Augmentation:
        """Returns flips, translations and, for larger images, small rotations: nothing that changes an amount."""
        return image_augmentation(side, hflip=hflip, rotate90=rotate90, long=long, numbers=True)

    def calibrated(self, predictions: np.ndarray, targets: np.ndarray) -> "Regress":
        """Unchanged: there are no probabilities."""
        return self

    def to_json(self) -> dict[str, Any]:
        """Plain values for the model file."""
        return {"task": self.name, **asdict(self)}

    def _words(self, values: Any) -> str:
        texts = [number_text(float(value)) for value in values]
        if len(texts) == 1:
            return texts[0]
        return ", ".join(f"{name} {text}" for name, text in zip(self.names, texts, strict=True))


def number_text(value: float) -> str:
    """Short, without an exponent where that reads well.

    Examples:
        >>> number_text(0.12345), number_text(123456.7)
        ('0.1235', '123,457')
    """
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:.4g}"


def _round_edges(mean: float, spread: float) -> np.ndarray:
    """Nine numbers about the mean, 1, 2 or 5 times a power of ten apart: the first that is half a spread or more."""
    power = 10.0 ** np.floor(np.log10(spread / 2))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= spread / 2 * (1 - 1e-9))
    return (np.round(mean / step) + np.arange(-4, 5)) * step
