"""Table of the kernels: faster replacements of torch operations, selected for each call."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

_Run = TypeVar("_Run", bound=Callable[..., Any])

ENABLED = os.environ.get("OPSIN_KERNELS", "1") != "0"
"""False when the environment variable OPSIN_KERNELS is 0 at the first import: torch's operations run everywhere, also
in prediction and for fused layers."""


@dataclass(frozen=True)
class Kernel:
    """One faster replacement of an operation. All three functions take the operation's arguments.

    Attributes:
        operation: Name of the operation: "convolution", "depthwise_backward" or "max_pool2d".
        is_supported: Returns True if `run` computes the operation for these arguments on this machine.
        is_faster: Returns True if `run` is expected to take less time than the next kernel in the table, or torch.
        run: Computes the operation.
    """

    operation: str
    is_supported: Callable[..., bool]
    is_faster: Callable[..., bool]
    run: Callable[..., Any]


KERNELS: list[Kernel] = []
"""The table. The first kernel of an operation that is supported and faster runs; torch runs if there is none."""


def kernel(
    operation: str, *, is_supported: Callable[..., bool], is_faster: Callable[..., bool]
) -> Callable[[_Run], _Run]:
    """Returns a decorator that adds a function to the table of kernels."""

    def add(run: _Run) -> _Run:
        KERNELS.append(Kernel(operation, is_supported, is_faster, run))
        return run

    return add


def select(operation: str, *arguments: Any) -> Kernel | None:
    """Returns the kernel to run for these arguments; None for torch's own operation."""
    if not ENABLED:
        return None
    for one in KERNELS:
        if one.operation == operation and one.is_supported(*arguments) and one.is_faster(*arguments):
            return one
    return None
