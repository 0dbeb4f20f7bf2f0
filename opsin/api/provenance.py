"""What a run or an evaluation was made with, for whoever repeats it."""

import os
import platform
from importlib.metadata import version

import torch


def versions() -> dict[str, str]:
    """Of what decides the numbers.

    Examples:
        >>> sorted(versions())
        ['opsin', 'python', 'torch']
    """
    return {"python": platform.python_version(), "opsin": version("opsin"), "torch": version("torch")}


def machine(device: torch.device) -> str:
    """The processor's kind, how many there are, and the device that was used.

    Examples:
        >>> machine(torch.device("cpu")).endswith("cpu")
        True
    """
    return f"{platform.machine()}, {os.cpu_count()} processors, {device.type}"
