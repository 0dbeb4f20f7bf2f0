"""Software and hardware of a run or an evaluation, for its repetition."""

import os
import platform
from importlib.metadata import version

import torch


def versions() -> dict[str, str]:
    """Returns the versions of Python, Opsin and PyTorch by name.

    Examples:
        >>> sorted(versions())
        ['opsin', 'python', 'torch']
    """
    return {"python": platform.python_version(), "opsin": version("opsin"), "torch": version("torch")}


def machine(device: torch.device) -> str:
    """Returns the architecture, the number of processors and the device, as one text.

    Examples:
        >>> machine(torch.device("cpu")).endswith("cpu")
        True
    """
    return f"{platform.machine()}, {os.cpu_count()} processors, {device.type}"
