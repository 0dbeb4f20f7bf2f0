"""Embeddings of identities: people, animals, products or signatures that are matched, not classified."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from opsin.core import DataError, OutputSpec, derive, numpy_generator
from opsin.data import IDENTITIES
from opsin.drawing import Chart, Lines
from opsin.drawing.charts import Curve
from opsin.metrics.verification import equal_error_rate, true_match_rate

from .image_level import ImageLevelTask
from .task import Scorer
from .validation import check_names

MARGIN, SCALE = 0.2, 16.0
FALSE_MATCH_RATE = 0.01
"""False-match rate of the score `tar_at_far`: the pairs of a small validation split say nothing about rarer ones."""
MAX_PAIRS = 20_000
"""Pairs of each kind that are scored, drawn at random where there are more."""
_BINS = 40


@dataclass(frozen=True)
class Embed(ImageLevelTask):
    """Embeddings of length 1 by a softmax over cosines with an additive margin (CosFace, arXiv:1801.09414).

    The directions of the identities are weights of the loss and are dropped after the training; identities of the
    validation and test splits are others than those of the training.

    Args:
        names: Names of the identities.
        size: Length of an embedding.

    Raises:
        DataError: A name or the size is not valid.

    Examples:
        >>> Embed(("Ada", "Grace"), 3).decode(torch.tensor([[3.0, 0.0, 4.0]])).round(1).tolist()
        [[0.6000000238418579, 0.0, 0.800000011920929]]
    """

    names: tuple[str, ...]
    size: int = 128

    name = "embed"
    target_kind = IDENTITIES
    output = OutputSpec("embedding")
    activation = None
    sampler = "identity-balanced"
    monitor = ("eer", -1)
    subgroup_word = "identity"

    def __post_init__(self) -> None:
        check_names(self.names, 1, "identities")
        if type(self.size) is not int or not 2 <= self.size <= 4096:
            raise DataError(f"the size {self.size!r} of an embedding is not valid. Expected 2 to 4,096.")

    @property
    def units(self) -> int:
        """Length of an embedding."""
        return self.size

    def loss_parameters(self, seed: int) -> dict[str, Tensor]:
        """Returns a random direction for each identity."""
        generator = torch.Generator().manual_seed(derive(seed, "centres"))
        return {"centres": torch.randn(len(self.names), self.size, generator=generator)}

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Returns the indices of the identities, int64 (n,)."""
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
        """Computes the cross-entropy of scaled cosines, with the margin taken from that of the identity, (n,)."""
        centres = (parameters or self.loss_parameters(0))["centres"].to(logits.device)
        cosines = F.normalize(logits.float()) @ F.normalize(centres).T
        margins = F.one_hot(target, len(self.names)) * MARGIN
        return F.cross_entropy(SCALE * (cosines - margins), target, weight=weights, reduction="none")

    def decode(self, logits: Tensor) -> np.ndarray:
        """Returns embeddings of length 1, float32 (n, size)."""
        return F.normalize(logits.float()).cpu().numpy()

    def scorer(self, predictions: np.ndarray, targets: np.ndarray) -> Scorer:
        """Returns a function to eer, tar_at_far (at FALSE_MATCH_RATE) and rank1.

        rank1 is the share of images whose nearest other image is of the same identity; images of identities with one
        image are left out.
        """
        pairs, apart = _pairs(targets), _distances(predictions)
        genuine, impostor = (apart[first, second] for first, second in pairs)
        known = np.flatnonzero(np.bincount(targets, minlength=1)[targets] > 1) if len(targets) else np.zeros(0, int)
        np.fill_diagonal(apart, np.inf)
        hits = targets[apart[known].argmin(1)] == targets[known] if len(known) else np.zeros(0, bool)

        def scores(weights: np.ndarray) -> dict[str, float]:
            both = tuple(weights[first] * weights[second] for first, second in pairs)
            total = weights[known].sum()
            found = {"rank1": float((hits * weights[known]).sum() / total) if total else float("nan")}
            if not (both[0].any() and both[1].any()):
                return {"eer": float("nan"), "tar_at_far": float("nan"), **found}
            of_pairs = both[0], both[1]
            return {
                "eer": equal_error_rate(genuine, impostor, of_pairs),
                "tar_at_far": true_match_rate(genuine, impostor, FALSE_MATCH_RATE, of_pairs),
                **found,
            }

        return scores

    def per_class(self, predictions: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        """Returns identity, count and the mean distance of its images from each other."""
        apart = _distances(predictions)
        rows: list[dict[str, Any]] = []
        for index in np.unique(targets).tolist():
            own = np.flatnonzero(targets == index)
            inside = apart[np.ix_(own, own)][np.triu_indices(len(own), 1)]
            spread = float(inside.mean()) if len(inside) else float("nan")
            rows.append({"identity": self.names[index], "count": len(own), "mean_distance": spread})
        return rows

    def subgroups(self, targets: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the rows of each identity."""
        return {self.names[index]: np.flatnonzero(targets == index) for index in np.unique(targets).tolist()}

    def is_error(self, predictions: np.ndarray, targets: np.ndarray) -> None:
        """Returns None: an embedding alone is neither right nor wrong."""
        return None

    def fit_baseline(self, train_targets: np.ndarray) -> np.ndarray:
        """Returns one embedding for all images, (size,)."""
        return np.eye(1, self.size, dtype=np.float32)[0]

    def sample_loss(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Returns the mean distance of each image from the others of its identity, 0 where there are none, (n,)."""
        apart = _distances(predictions) * (targets[:, None] == targets[None])
        return apart.sum(1) / np.maximum(np.bincount(targets, minlength=1)[targets] - 1, 1)

    def uncertainty(self, predictions: np.ndarray) -> np.ndarray:
        """Returns zeros, (n,): embeddings have no confidence."""
        return np.zeros(len(predictions))

    def calibrated(self, predictions: np.ndarray, targets: np.ndarray) -> "Embed":
        """Returns the task itself: there are no probabilities."""
        return self

    def to_columns(self, predictions: np.ndarray) -> dict[str, list[Any]]:
        """Returns one column per number of the embedding."""
        return {f"e{index}": predictions[:, index].tolist() for index in range(self.size)}

    def describe(self, prediction: np.ndarray, target: Any) -> tuple[str, str]:
        """Returns the word "embedding", and the name of the identity."""
        return "embedding", self.names[int(target)]

    def charts(self, predictions: np.ndarray, targets: np.ndarray) -> tuple[Chart, ...]:
        """Returns the distances of pairs of one identity and of different ones."""
        apart, edges = _distances(predictions), np.linspace(0, 2, _BINS + 1)
        curves: list[Curve] = []
        for name, (first, second) in zip(("one identity", "different identities"), _pairs(targets), strict=True):
            counts = np.histogram(apart[first, second], edges)[0]
            curves.append(Curve(name, (edges[1:] + edges[:-1]) / 2, counts / max(1, len(first))))
        caption = "Share of the pairs of each kind; the less they overlap the better."
        return (Lines("Distances of pairs", caption, tuple(curves), "distance", "share of pairs"),)

    def to_json(self) -> dict[str, Any]:
        """Returns plain values for the model file."""
        return {"task": self.name, **asdict(self)}


def _distances(predictions: np.ndarray) -> np.ndarray:
    """Returns Euclidean distances, float32 (n, n)."""
    return np.sqrt(np.clip(2 - 2 * (predictions @ predictions.T), 0, 4))


def _pairs(targets: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Returns the rows of pairs of one identity, and of pairs of different ones, each at most MAX_PAIRS."""
    first, second = np.triu_indices(len(targets), 1)
    same = targets[first] == targets[second]
    kinds: list[tuple[np.ndarray, np.ndarray]] = []
    for rows in (np.flatnonzero(same), np.flatnonzero(~same)):
        if len(rows) > MAX_PAIRS:
            rows = numpy_generator(0, "pairs").choice(rows, MAX_PAIRS, replace=False)
        kinds.append((first[rows], second[rows]))
    return kinds[0], kinds[1]
