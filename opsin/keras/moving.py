"""Keras's moving variance: of a batch's values by n, where torch's own divides by n - 1."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

_NORMALIZATION = torch.nn.modules.batchnorm._BatchNorm  # pyright: ignore[reportPrivateUsage]


@contextmanager
def kerass_moving_variance(network: torch.nn.Module) -> Generator[None]:
    """While it lasts, every batch normalization of the network keeps its moving variance as Keras does."""
    before: dict[torch.nn.Module, Tensor] = {}

    def remember(module: torch.nn.Module, inputs: Any) -> None:
        assert isinstance(module, _NORMALIZATION)
        if module.training and module.running_var is not None:
            before[module] = module.running_var.clone()

    def correct(module: torch.nn.Module, inputs: Any, output: Any) -> None:
        assert isinstance(module, _NORMALIZATION)
        old = before.pop(module, None)
        if old is not None and module.running_var is not None:
            count = inputs[0].numel() // inputs[0].shape[1]
            kept = old * (1 - float(module.momentum or 0.0))
            with torch.no_grad():
                module.running_var.sub_((module.running_var - kept) / count)

    found = [module for module in network.modules() if isinstance(module, _NORMALIZATION)]
    hooks = [module.register_forward_pre_hook(remember) for module in found]
    hooks += [module.register_forward_hook(correct) for module in found]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
