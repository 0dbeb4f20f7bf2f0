"""A toy task in one file: an embedding of identities, trained with class centres that are weights of the loss."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from opsin.core import OutputSpec, derive
from opsin.data import CLASSES
from opsin.drawing import Histogram
from opsin.tasks.image_level import ImageLevelTask

SIZE = 8
"""Numbers in an embedding."""
SCALE = 10.0


@dataclass(frozen=True)
class ToyEmbedding(ImageLevelTask):
    """Cosine softmax (Wang et al. 2018) over identities; predictions are embeddings of length 1."""

    names: tuple[str, ...]

    name = "toy-embedding"
    target_kind = CLASSES
    output = OutputSpec("embedding")
    activation = None
    sampler = "identity-balanced"
    monitor = ("same_closer", 1)
    subgroup_word = "identity"

    @property
    def units(self) -> int:
        return SIZE

    def loss_parameters(self, seed: int) -> dict[str, Tensor]:
        generator = torch.Generator().manual_seed(derive(seed, "centres"))
        return {"centres": torch.randn(len(self.names), SIZE, generator=generator)}

    def encode(self, targets: np.ndarray) -> np.ndarray:
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
        assert parameters is not None
        cosines = F.normalize(logits) @ F.normalize(parameters["centres"]).T
        return F.cross_entropy(SCALE * cosines, target, reduction="none")

    def decode(self, logits: Tensor) -> np.ndarray:
        return F.normalize(logits.float()).cpu().numpy()

    def scorer(self, predictions: np.ndarray, targets: np.ndarray) -> Any:
        cosines, same = predictions @ predictions.T, targets[:, None] == targets
        different = ~same
        np.fill_diagonal(same, False)

        def scores(weights: np.ndarray) -> dict[str, float]:
            pairs = np.outer(weights, weights)
            means = [
                float((cosines * pairs)[some].sum() / total) if (total := pairs[some].sum()) else float("nan")
                for some in (same, different)
            ]
            return {"same_closer": means[0] - means[1]}

        return scores

    def per_class(self, predictions: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        return [{"identity": name, "count": int((targets == index).sum())} for index, name in enumerate(self.names)]

    def subgroups(self, targets: np.ndarray) -> dict[str, np.ndarray]:
        return {name: np.flatnonzero(targets == index) for index, name in enumerate(self.names)}

    def is_error(self, predictions: np.ndarray, targets: np.ndarray) -> None:
        return None

    def fit_baseline(self, train_targets: np.ndarray) -> np.ndarray:
        return np.eye(SIZE, dtype=np.float32)[0]

    def sample_loss(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        return np.zeros(len(predictions))

    def uncertainty(self, predictions: np.ndarray) -> np.ndarray:
        return np.zeros(len(predictions))

    def calibrated(self, predictions: np.ndarray, targets: np.ndarray) -> "ToyEmbedding":
        return self

    def to_columns(self, predictions: np.ndarray) -> dict[str, list[Any]]:
        return {f"e{index}": predictions[:, index].tolist() for index in range(SIZE)}

    def describe(self, prediction: np.ndarray, target: Any) -> tuple[str, str]:
        return "an embedding", self.names[int(target)]

    def charts(self, predictions: np.ndarray, targets: np.ndarray) -> tuple[Histogram]:
        counts, edges = np.histogram(predictions @ predictions.T, 10, (-1.0, 1.0))
        return (Histogram("Cosines", "Cosines of all pairs.", edges, counts, "cosine", "pairs"),)

    def to_json(self) -> dict[str, Any]:
        return {"task": self.name, **asdict(self)}
