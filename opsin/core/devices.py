"""Which device computes, and in which precision."""

import torch

from .errors import OpsinError


def choose_device(name: str | None = None) -> torch.device:
    """The device called `name` ("cpu", "cuda", "cuda:1", "mps"), or the fastest one here when None.

    Raises OpsinError when the device is unknown or not on this machine.

    >>> choose_device("cpu")
    device(type='cpu')
    """
    if name is None or name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise OpsinError(
            f"device {name!r} cannot be used here; expected cpu, cuda, cuda:N or mps on a machine that has it: "
            "leave --device out to take the best one"
        ) from error
    return device


def choose_precision(device: torch.device) -> torch.dtype:
    """The number format of products: bfloat16 where the processor has it natively, float32 elsewhere.

    Weights, sums and the optimizer stay float32 in both cases.
    """
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    if device.type == "cpu" and (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()):  # pyright: ignore[reportPrivateUsage]
        return torch.bfloat16
    return torch.float32
