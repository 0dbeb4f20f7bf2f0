"""Import of the optional libraries for medical images."""

import importlib
from typing import Any

from opsin.core import OpsinError


def medical_library(name: str) -> Any:
    """Imports a library of the extra `medical`.

    Args:
        name: Name of the module, such as "pydicom".

    Raises:
        OpsinError: It is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise OpsinError(
            f"{name.partition('.')[0]} is not installed. Expected it for medical images. "
            "Fix: pip install '.[medical]' in a clone of Opsin."
        ) from error
