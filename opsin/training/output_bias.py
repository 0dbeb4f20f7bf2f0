"""Initial bias of a network's last layer: the logits of a prediction that ignores the image."""

from collections.abc import Sequence

import torch
from torch import nn


def init_output_bias(network: nn.Module, bias: Sequence[float]) -> bool:
    """Sets the bias of the last layer with weights.

    A network that starts at the class frequencies has nothing to learn about them. One that starts at equal
    probabilities first learns to predict the background everywhere, with features that then vanish inside of a small
    structure, where both logits stay equal (docs/LOG.md).

    Args:
        network: The network, changed in place.
        bias: A value for each output.

    Returns:
        True when the last layer has a bias of this length.

    Examples:
        >>> layer = nn.Linear(3, 2)
        >>> init_output_bias(layer, (0.5, -2.0)), layer.bias.tolist()
        (True, [0.5, -2.0])
    """
    layers = [module for module in network.modules() if isinstance(getattr(module, "weight", None), torch.Tensor)]
    found = getattr(layers[-1], "bias", None) if layers else None
    if not isinstance(found, torch.Tensor) or found.shape != (len(bias),):
        return False
    with torch.no_grad():
        found.copy_(torch.tensor(bias))
    return True
