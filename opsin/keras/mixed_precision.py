"""In which number format products are computed; weights and sums stay float32."""

import torch

from opsin.core import OpsinError

_POLICIES: dict[str, torch.dtype | None] = {
    "float32": None,
    "mixed_bfloat16": torch.bfloat16,
    "mixed_float16": torch.bfloat16,
}
_CHOSEN = ["float32"]


def set_global_policy(policy: str) -> None:
    """ "float32", which answers as Keras does, or "mixed_bfloat16", which is faster on processors that have it.

    "mixed_float16" is taken as "mixed_bfloat16", which needs no scaling of the loss.

    >>> set_global_policy("float32")
    """
    if policy not in _POLICIES:
        raise OpsinError(f"there is no policy {policy!r}; expected one of {', '.join(_POLICIES)}")
    _CHOSEN[0] = policy


def global_policy() -> str:
    """The policy in force."""
    return _CHOSEN[0]


def autocast(device: torch.device) -> torch.autocast:
    """The context that the policy in force asks for on a device."""
    dtype = _POLICIES[_CHOSEN[0]]
    return torch.autocast(device.type, dtype or torch.bfloat16, enabled=dtype is not None)
