"""Runs modules in order, and collects intermediate outputs."""

from functools import reduce

import torch
from torch import Tensor

from .branches import MergeModule
from .composites import ResidualModule
from .layers.activations import ActivationModule


def collect_outputs(
    chain: torch.nn.Module, x: Tensor, wanted: set[str], found: dict[str, Tensor], path: str = ""
) -> Tensor:
    """Runs a chain's children until all wanted outputs are found.

    Args:
        chain: Module whose children run in order.
        x: (n, channels, ...).
        wanted: Paths of modules, as the rows of a summary name them, such as "stem" or "block1/body/conv2d".
        found: Output of each wanted path; written to.
        path: Path of the chain itself, with a slash at its end.

    Returns:
        Output of the last child that ran.
    """
    children = list(chain.named_children())
    for index, (name, module) in enumerate(children):
        own = f"{path}{name}"
        if any(other.startswith(f"{own}/") for other in wanted):
            x = _run_composite(module, x, wanted, found, f"{own}/")
        else:
            x = module(x)
        if own in wanted:
            following = children[index + 1][1] if index + 1 < len(children) else None
            overwritten = isinstance(following, ActivationModule) and following.in_place
            found[own] = x.clone() if overwritten else x
        if wanted <= found.keys():
            break
    return x


def _run_composite(module: torch.nn.Module, x: Tensor, wanted: set[str], found: dict[str, Tensor], path: str) -> Tensor:
    """Runs a module with chains inside; its output has no meaning once all wanted outputs are found."""
    if isinstance(module, ResidualModule | MergeModule):
        branches = [
            collect_outputs(branch, x, wanted, found, f"{path}{name}/") for name, branch in module.named_children()
        ]
        if wanted <= found.keys():
            return x
        if isinstance(module, MergeModule):
            return module.merged(branches)
        return reduce(torch.add, branches)
    if isinstance(module, torch.nn.Sequential):
        return collect_outputs(module, x, wanted, found, path)
    return module(x)
