"""Linear probe: fits the new last layer on pretrained features before fine-tuning, which a random layer would harm."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from opsin.model import Model

MAX_IMAGES = 1000
"""Maximum number of images on which the last layer is fitted; each passes once through the network."""
PENALTY = 30.0
"""L2 penalty times the number of images; chosen on a validation split of 200 photographs, ten classes (docs/LOG.md)."""


def fit_linear_probe(model: Model, pixels: np.ndarray, rows: np.ndarray, targets: Tensor) -> bool:
    """Fits the last layer to the network's features of some training images; all other weights stay as they are.

    A linear probe before fine-tuning keeps pretrained features intact (Kumar et al., arXiv:2202.10054).

    Args:
        model: The model; its network is changed in place.
        pixels: uint8 (n, height, width, channels).
        rows: Indices of the training images in `pixels`.
        targets: Encoded targets of these rows, as the task's loss takes them.

    Returns:
        True when the last layer was fitted: it must be linear with a bias.
    """
    last = list(model.network.children())[-1] if model.network.layers else None
    if not isinstance(last, nn.Linear) or not len(rows):
        return False
    sample = np.arange(len(rows))[:: max(1, -(-len(rows) // MAX_IMAGES))]
    features = torch.from_numpy(model.features(pixels[rows[sample]])).to(model.device)
    center, scale = features.mean(0), features.std() + 1e-6
    sample_targets = targets[torch.from_numpy(sample)].to(features.device)
    weight, bias = _fit(model, (features - center) / scale, sample_targets)
    with torch.no_grad():
        last.weight.copy_(weight / scale)
        last.bias.copy_(bias - (weight / scale) @ center)
    return True


def _fit(model: Model, features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    weight = torch.zeros(model.task.units, features.shape[1], device=features.device, requires_grad=True)
    bias = torch.zeros(model.task.units, device=features.device, requires_grad=True)
    search = torch.optim.LBFGS([weight, bias], max_iter=50, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        search.zero_grad()
        loss = model.task.loss(features @ weight.T + bias, targets).mean()
        total = loss + PENALTY / (2 * len(features)) * weight.square().sum()
        total.backward()  # pyright: ignore[reportUnknownMemberType]
        return total

    step: Any = search.step
    step(closure)
    return weight.detach(), bias.detach()
