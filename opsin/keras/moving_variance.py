"""Keras's moving variance of batch normalization: Keras divides by n, torch by n - 1."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

NORMALIZATION = torch.nn.modules.batchnorm._BatchNorm  # pyright: ignore[reportPrivateUsage]


@contextmanager
def keras_moving_variance(network: torch.nn.Module) -> Generator[Callable[[], None]]:
    """Context manager that yields a function to correct the moving variances; call it after each training step.

    The correction follows the backward pass, because the backward pass of a batch normalization does not allow
    changes of its moving variance.
    """
    before: dict[torch.nn.Module, Tensor] = {}
    counts: dict[torch.nn.Module, int] = {}

    def save_variance(module: torch.nn.Module, inputs: Any) -> None:
        assert isinstance(module, NORMALIZATION)
        if module.training and module.running_var is not None:
            before[module], counts[module] = module.running_var.clone(), inputs[0].numel() // inputs[0].shape[1]

    @torch.no_grad()
    def correct() -> None:
        for module, old in before.items():
            assert isinstance(module, NORMALIZATION)
            assert module.running_var is not None
            added = module.running_var - old * (1 - float(module.momentum or 0.0))
            module.running_var.sub_(added / counts[module])
        before.clear()

    hooks = [module.register_forward_pre_hook(save_variance) for module in network.modules()
             if isinstance(module, NORMALIZATION)]  # fmt: skip
    try:
        yield correct
    finally:
        for hook in hooks:
            hook.remove()
