"""Exponential moving average of a network's weights (Polyak and Juditsky 1992)."""

import torch
from torch import Tensor, nn

UPDATES_PER_HORIZON = 10
"""Updates of the average per horizon. Weights of neighbouring steps hardly differ, and an update reads all weights."""


class WeightAverage:
    """Exponential moving average of all weights and batch-norm statistics.

    Before `horizon` steps the average is the mean of all steps so far. The first `horizon // 10` steps all update the
    average; after that only every `horizon // 10`-th step does, with the weight of the steps since the last update.

    Args:
        network: The network, whose current weights start the average.
        horizon: Number of steps in the average.

    Examples:
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
        """Counts a step, and adds the network's current weights to the average when an update is due."""
        self.count += 1
        every = max(1, self.horizon // UPDATES_PER_HORIZON)
        if self.count > every and self.count % every:
            return
        steps = every if self.count > every else 1  # early steps count one by one: a short run gets an average, too
        share = max(steps / self.count, steps / self.horizon)
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self.weights[name].lerp_(value, share)
            else:
                self.weights[name].copy_(value)

    def state(self) -> dict[str, Tensor]:
        """Returns the averaged weights and the number of steps, for a checkpoint."""
        return {**self.weights, "count": torch.tensor(self.count)}

    def load(self, state: dict[str, Tensor]) -> None:
        """Restores the result of `state`."""
        self.count = int(state["count"])
        for name, value in self.weights.items():
            value.copy_(state[name])
