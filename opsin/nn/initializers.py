"""Weight initializers with Keras's names and distributions."""

import math

import torch
from torch import Tensor

from .layer import Layer
from .validation import check_choice

INITIALIZERS = ("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "zeros",
                "dirac")  # fmt: skip
_TRUNCATED_STD = 0.87962566103423978  # standard deviation of a standard normal truncated at two standard deviations
_TWO_STD = math.erf(math.sqrt(2))  # probability of a normal value within two standard deviations


def check_initializer(layer: Layer, field: str = "kernel_initializer") -> None:
    """Checks that a field of a layer names an initializer.

    Args:
        layer: The layer.
        field: Name of the field.

    Raises:
        NetworkError: The value is not one of `INITIALIZERS`.
    """
    check_choice(layer, field, INITIALIZERS)


@torch.no_grad()
def initialize(weight: Tensor, name: str, fans: tuple[int, int] | None = None) -> None:
    """Fills a weight tensor in place, using torch's global generator.

    "dirac" sets the first filters to identity kernels (output channel i copies input channel i) and draws the others
    from "glorot_uniform".

    Args:
        weight: Weight of shape (out, in, *kernel).
        name: One of `INITIALIZERS`.
        fans: Numbers of input and output connections that scale the distribution. Default: computed from the shape of
            the weight.
    """
    if name == "zeros":
        torch.nn.init.zeros_(weight)
        return
    receptive = math.prod(weight.shape[2:])
    fan_in, fan_out = fans or (weight.shape[1] * receptive, weight.shape[0] * receptive)
    family, _, distribution = name.partition("_")
    if name == "dirac":
        family, distribution = "glorot", "uniform"
    scale = {"glorot": 2.0 / (fan_in + fan_out), "he": 2.0 / fan_in, "lecun": 1.0 / fan_in}[family]
    if distribution == "uniform":
        weight.uniform_(-math.sqrt(3 * scale), math.sqrt(3 * scale))
    else:
        weight.uniform_(-_TWO_STD, _TWO_STD).erfinv_().mul_(math.sqrt(2 * scale) / _TRUNCATED_STD)
    if name == "dirac":
        first = weight[: weight.shape[1]]
        torch.nn.init.eye_(first) if weight.ndim == 2 else torch.nn.init.dirac_(first)
