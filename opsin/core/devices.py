"""Selects the compute device and the floating-point format."""

import torch

from .errors import OpsinError


def choose_device(name: str | None = None) -> torch.device:
    """Returns the requested device, or the fastest available one.

    Args:
        name: "cpu", "cuda", "cuda:N" or "mps". Default: CUDA if available, then MPS, then the CPU; "auto" is the same.

    Returns:
        A device on which a tensor was allocated as a check.

    Raises:
        OpsinError: The name is unknown, or this machine does not have the device.

    Examples:
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
            f"device {name!r} is not available on this machine. Expected cpu, cuda, cuda:N or mps. "
            "Fix: omit --device to use the fastest available device."
        ) from error
    return device


def choose_precision(device: torch.device) -> torch.dtype:
    """Returns the data type of matrix products and convolutions on a device.

    Weights, accumulation and the optimizer state are float32 in both cases.

    Args:
        device: The compute device.

    Returns:
        torch.bfloat16 if the device supports it natively (CUDA, or a CPU with AVX512-BF16 or AMX), else torch.float32.
    """
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    if device.type == "cpu" and (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()):  # pyright: ignore[reportPrivateUsage]
        return torch.bfloat16
    return torch.float32
