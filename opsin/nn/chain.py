"""Runs modules in order, and collects intermediate outputs."""

import torch
from torch import Tensor

from .layers.activations import ActivationModule


def collect_outputs(
    chain: torch.nn.Module, x: Tensor, wanted: set[str], found: dict[str, Tensor], path: str = ""
) -> Tensor:
    """Runs a chain's children until all wanted outputs are found.

    Args:
        chain: Module whose children run in order.
        x: (n, channels, ...).
        wanted: Paths of children, such as "stem" or "stage1/block2".
        found: Output of each wanted path; written to.
        path: Path of the chain itself, with a slash at its end.

    Returns:
        Output of the last child that ran.
    """
    children = list(chain.named_children())
    for index, (name, module) in enumerate(children):
        own = f"{path}{name}"
        if isinstance(module, torch.nn.Sequential) and any(other.startswith(f"{own}/") for other in wanted):
            x = collect_outputs(module, x, wanted, found, f"{own}/")
        else:
            x = module(x)
        if own in wanted:
            following = children[index + 1][1] if index + 1 < len(children) else None
            overwritten = isinstance(following, ActivationModule) and following.in_place
            found[own] = x.clone() if overwritten else x
        if wanted <= found.keys():
            break
    return x
