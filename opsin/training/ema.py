"""The running average of a network's weights, steadier than the weights of the last step (Polyak and Juditsky 1992)."""

import torch
from torch import Tensor, nn

UPDATES_PER_HORIZON = 10
"""Looks at the weights within a horizon: neighbouring steps are nearly alike, and each look passes over all weights."""


class WeightAverage:
    """An exponential average of all weights and normalization statistics.

    `horizon` is the number of steps that count; early on, all steps so far count alike. Of a long horizon every
    `horizon // 10`-th step stands for those before it, but for the first so many.

    >>> layer = nn.Linear(1, 1); average = WeightAverage(layer, horizon=10); average.update(layer)
    >>> bool(average.weights["weight"] == layer.weight)
    True
    """

    def __init__(self, network: nn.Module, horizon: int) -> None:
        self.horizon = max(1, horizon)
        self.count = 0
        self.weights = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Counts a step, and takes in the weights as they are now when it is time for a look."""
        self.count += 1
        every = max(1, self.horizon // UPDATES_PER_HORIZON)
        if self.count > every and self.count % every:
            return
        passed = every if self.count > every else 1  # a run that ends before its second look has learned something, too
        share = max(passed / self.count, passed / self.horizon)
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self.weights[name].lerp_(value, share)
            else:
                self.weights[name].copy_(value)

    def state(self) -> dict[str, Tensor]:
        """What a checkpoint keeps."""
        return {**self.weights, "count": torch.tensor(self.count)}

    def load(self, state: dict[str, Tensor]) -> None:
        """Takes over what `state` gave."""
        self.count = int(state["count"])
        for name, value in self.weights.items():
            value.copy_(state[name])
