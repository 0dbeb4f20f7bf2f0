"""Faster replacements of torch operations: functions with torch's meaning that fall back to torch's own operation.

Each function selects a kernel for its arguments from one table (`registry.KERNELS`). With the environment variable
OPSIN_KERNELS=0, read once at the first import, torch's own operations run everywhere.
"""

from .conv import CONVOLUTION_ACTIVATIONS, convolution
from .max_pool import max_pool2d
from .geometry import pad
from .geometry import transpose_single_column

__all__ = ["CONVOLUTION_ACTIVATIONS", "convolution", "max_pool2d", "pad", "transpose_single_column"]
