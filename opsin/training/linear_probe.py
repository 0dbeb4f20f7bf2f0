"""A new last layer on learned ones, fitted before anything else moves: a random one would spoil what they know."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from opsin.model import Model

ENOUGH = 1000
"""Images that say where the last layer should start; each goes once through the network."""
PENALTY = 30.0
"""Over the number of images; chosen on the validation images of 200 photographs of ten classes (docs/LOG.md)."""


def fit_linear_probe(model: Model, pixels: np.ndarray, rows: np.ndarray, targets: Tensor) -> bool:
    """Fits the last layer to what the layers before it say of some training images, and nothing else; True if it did.

    First the head, then everything (Kumar et al., arXiv:2202.10054). `targets` are what the task's loss takes, for
    `rows` of `pixels`. Only a last layer with a weight matrix and offsets is fitted.
    """
    last = list(model.network.children())[-1] if model.network.layers else None
    if not isinstance(last, nn.Linear) or not len(rows):
        return False
    some = np.arange(len(rows))[:: max(1, -(-len(rows) // ENOUGH))]
    features = torch.from_numpy(model.features(pixels[rows[some]])).to(model.device)
    center, scale = features.mean(0), features.std() + 1e-6
    weight, bias = _fitted(model, (features - center) / scale, targets[torch.from_numpy(some)].to(features.device))
    with torch.no_grad():
        last.weight.copy_(weight / scale)
        last.bias.copy_(bias - (weight / scale) @ center)
    return True


def _fitted(model: Model, features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    weight = torch.zeros(model.task.units, features.shape[1], device=features.device, requires_grad=True)
    bias = torch.zeros(model.task.units, device=features.device, requires_grad=True)
    search = torch.optim.LBFGS([weight, bias], max_iter=50, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        search.zero_grad()
        loss = model.task.loss(features @ weight.T + bias, targets)
        total = loss + PENALTY / (2 * len(features)) * weight.square().sum()
        total.backward()  # pyright: ignore[reportUnknownMemberType]
        return total

    step: Any = search.step
    step(closure)
    return weight.detach(), bias.detach()
