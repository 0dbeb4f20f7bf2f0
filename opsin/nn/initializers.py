"""How weights start, by Keras's names and distributions."""

import math

import torch
from torch import Tensor

from .layer import Layer
from .validation import check_choice

INITIALIZERS = ("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "zeros",
                "dirac")  # fmt: skip
_TRUNCATED_STD = 0.87962566103423978  # of a standard normal cut at two standard deviations
_TWO_STD = math.erf(math.sqrt(2))  # the share of a normal within two standard deviations


def check_initializer(layer: Layer, field: str = "kernel_initializer") -> None:
    """The field must name an initializer."""
    check_choice(layer, field, INITIALIZERS)


@torch.no_grad()
def initialize(weight: Tensor, name: str, fans: tuple[int, int] | None = None) -> None:
    """Fills a (out, in, *kernel) weight in place, from torch's global stream.

    `fans` are the numbers of inputs and outputs to scale by, where the shape does not say them. "dirac" makes the
    first filters hand their input channel on unchanged and draws the others as "glorot_uniform".
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
