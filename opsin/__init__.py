"""Opsin: from a folder of images to a convolutional neural network that its owner can trust, look inside and ship."""

import importlib
from typing import TYPE_CHECKING, Any


if TYPE_CHECKING:
    from opsin import data as data
    from opsin import faces as faces
    from opsin import keras as keras
    from opsin import nn as nn
    from opsin import zoo as zoo

    from .api import DataCheck as DataCheck
    from .api import Evaluation as Evaluation
    from .api import Run as Run
    from .api import check as check
    from .api import evaluate as evaluate
    from .api import load as load
    from .api import predict_files as predict_files
    from .api import resume as resume
    from .api import train as train
    from .data import read_study as read_study
    from .core import OpsinError as OpsinError
    from .model import Model as Model


__version__ = "0.1.0"

_ROOMS = ("data", "faces", "keras", "nn", "zoo")
_PLACES = {
    **dict.fromkeys(
        ("DataCheck", "Evaluation", "Run", "check", "evaluate", "load", "predict_files", "resume", "train"), "opsin.api"
    ),
    "OpsinError": "opsin.core",
    "read_study": "opsin.data",
    "Model": "opsin.model",
}

__all__ = ["__version__", *_ROOMS, *_PLACES]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first asked for (PEP 562), so that `opsin --help` does not wait for torch."""
    if name in _ROOMS:
        return importlib.import_module(f"opsin.{name}")
    if name in _PLACES:
        return getattr(importlib.import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'opsin' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return list(__all__)
