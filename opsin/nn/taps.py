"""What lies between a network's layers, taken out while it computes."""

import torch
from torch import Tensor

from .activations import ActivationModule
from .chain import ChainModule


def tap(chain: torch.nn.Module, path: str, x: Tensor, wanted: set[str], found: dict[str, Tensor]) -> Tensor:
    """Runs the chain's children until all `wanted` paths are in `found`; what the last one gave."""
    children = list(chain.named_children())
    for index, (name, module) in enumerate(children):
        here = f"{path}{name}"
        if isinstance(module, ChainModule) and any(other.startswith(f"{here}/") for other in wanted):
            x = tap(module, f"{here}/", x, wanted, found)
        else:
            x = module(x)
        if here in wanted:
            follower = children[index + 1][1] if index + 1 < len(children) else None
            overwritten = isinstance(follower, ActivationModule) and follower.in_place
            found[here] = x.clone() if overwritten else x
        if wanted <= found.keys():
            break
    return x
