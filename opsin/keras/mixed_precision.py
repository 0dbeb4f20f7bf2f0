"""Precision of computation: weights and sums are float32, products float32 or bfloat16."""

import torch

from opsin.core import OpsinError

from .missing import missing as _missing

_POLICIES: dict[str, torch.dtype | None] = {
    "float32": None,
    "mixed_bfloat16": torch.bfloat16,
    "mixed_float16": torch.bfloat16,
}
_CURRENT = ["float32"]


def set_global_policy(policy: str) -> None:
    """Sets the precision of all models.

    Args:
        policy: "float32", or "mixed_bfloat16", which is faster on processors that support it. "mixed_float16" has the
            effect of "mixed_bfloat16", which needs no loss scaling.

    Raises:
        OpsinError: The policy is unknown.

    Examples:
        >>> set_global_policy("float32")
    """
    if policy not in _POLICIES:
        raise OpsinError(f"Unknown policy {policy!r}. Expected one of {', '.join(_POLICIES)}.")
    _CURRENT[0] = policy


def global_policy() -> str:
    """Returns the current policy."""
    return _CURRENT[0]


def autocast(device: torch.device) -> torch.autocast:
    """Returns the autocast context of the current policy for a device."""
    dtype = _POLICIES[_CURRENT[0]]
    return torch.autocast(device.type, dtype or torch.bfloat16, enabled=dtype is not None)


__getattr__ = _missing(__name__)
