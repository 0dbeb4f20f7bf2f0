"""One or more numbers for each image."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from opsin.core import DataError

from .charts import Chart, Points
from .task import Scorer
from .weighted import mean_known


@dataclass(frozen=True)
class Regress:
    """Huber loss on numbers scaled to mean 0 and spread 1 over the training images.

    Huber (1964) is the squared error near the truth and the absolute one beyond a spread, so a few odd targets do not
    steer the network.

    >>> Regress(("count",), (10.0,), (2.0,)).columns(np.array([[0.5]]))
    {'count': [11.0]}
    """

    names: tuple[str, ...]
    mean: tuple[float, ...]
    spread: tuple[float, ...]

    name = "regress"
    activation = None
    monitor = ("mae", -1)

    def __post_init__(self) -> None:
        if not self.names or not len(self.names) == len(self.mean) == len(self.spread) or min(self.spread) <= 0:
            raise DataError(
                f"numbers {self.names} have mean {self.mean} and spread {self.spread}; expected one of each"
            )

    @property
    def units(self) -> int:
        """One output a number."""
        return len(self.names)

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """(n, numbers) float32, scaled."""
        return ((targets - np.array(self.mean)) / np.array(self.spread)).astype(np.float32)

    def loss(self, raw: Tensor, target: Tensor, *, smoothing: float = 0.0, weights: Tensor | None = None) -> Tensor:
        """Mean Huber loss of scaled numbers; `weights` are one a number; nothing is smoothed."""
        loss = F.smooth_l1_loss(raw, target, reduction="none")
        return (loss if weights is None else loss * weights).mean()

    def answer(self, raw: np.ndarray) -> np.ndarray:
        """(n, numbers) in the target's unit."""
        return raw.astype(np.float64) * np.array(self.spread) + np.array(self.mean)

    def columns(self, raw: np.ndarray) -> dict[str, list[Any]]:
        """A column a number."""
        answer = self.answer(raw)
        return {name: answer[:, index].tolist() for index, name in enumerate(self.names)}

    def scorer(self, raw: np.ndarray, targets: np.ndarray) -> Scorer:
        """mae, rmse and r2, each the mean over the numbers; r2 is nan where the truth is constant."""
        truth = targets.astype(np.float64)
        error = self.answer(raw) - truth

        def scores(weights: np.ndarray) -> dict[str, float]:
            total = weights.sum()
            if not total:
                return dict.fromkeys(("mae", "rmse", "r2"), float("nan"))
            share = weights / total
            squared = share @ error**2
            spread = share @ (truth - share @ truth) ** 2
            r2 = np.where(spread > 1e-12, 1 - squared / np.maximum(spread, 1e-12), np.nan)
            return {
                "mae": float((share @ np.abs(error)).mean()),
                "rmse": float(np.sqrt(squared).mean()),
                "r2": mean_known(r2),
            }

        return scores

    def per_class(self, raw: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        """mae, rmse and r2 of each number."""
        rows: list[dict[str, Any]] = []
        for index, name in enumerate(self.names):
            one = Regress((name,), (self.mean[index],), (self.spread[index],))
            scores = one.scorer(raw[:, [index]], targets[:, [index]])(np.ones(len(raw)))
            rows.append({"number": name, "count": len(raw), **scores})
        return rows

    def baseline(self, train_targets: np.ndarray, count: int) -> np.ndarray:
        """Always the training mean."""
        return np.tile(self.encode(train_targets.mean(0, keepdims=True)), (count, 1))

    def surprise(self, raw: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """The absolute error of each row, in spreads, summed over numbers."""
        return np.abs(raw - self.encode(targets)).sum(1)

    def doubt(self, raw: np.ndarray) -> np.ndarray:
        """Zeros: a number does not say how sure it is."""
        return np.zeros(len(raw))

    def charts(self, raw: np.ndarray, targets: np.ndarray) -> tuple[Chart, ...]:
        """Answers over truth for each number."""
        answer = self.answer(raw)
        return tuple(
            Points(f"{name}: answer over truth", targets[:, i], answer[:, i], f"true {name}", f"answered {name}", True)
            for i, name in enumerate(self.names)
        )

    def describe(self, raw: np.ndarray, target: Any) -> tuple[str, str]:
        """The numbers answered, and the true ones."""
        answer = self.answer(raw[None])[0]
        return (
            ", ".join(f"{name} {value:.4g}" for name, value in zip(self.names, answer, strict=True)),
            ", ".join(f"{float(value):.4g}" for value in target),
        )

    def calibrated(self, raw: np.ndarray, targets: np.ndarray) -> "Regress":
        """Unchanged: there are no probabilities."""
        return self

    def to_json(self) -> dict[str, Any]:
        """Plain values for the model file."""
        return {"task": self.name, **asdict(self)}
