"""Sequential, `load_model` and `save_model`."""

import os
from pathlib import Path
from typing import Any

from opsin.core import ModelFileError, OpsinError

from .missing import missing as _missing
from .saving import save_model as save_model
from .sequential import Sequential


def load_model(
    filepath: str | os.PathLike[str], custom_objects: Any = None, compile: bool = True, safe_mode: bool = True
) -> Sequential:
    """Loads a model from a `.keras` file of Opsin or Keras. No code from the file is executed.

    Args:
        filepath: Path of the file.
        custom_objects: Accepted, without effect.
        compile: Compile the model as it was compiled when it was saved.
        safe_mode: Accepted, without effect: loading is always safe.

    Returns:
        The model with its weights. The optimizer starts without state.

    Raises:
        ModelFileError: The file is damaged, or has a layer, loss or metric that Opsin does not support.
    """
    from .file.read import read_keras

    network, config = read_keras(Path(filepath))
    model = Sequential.from_network(network)
    if compile and config is not None:
        try:
            model.compile(
                config.get("optimizer") or "rmsprop",
                config.get("loss"),
                metrics=config.get("metrics"),
                weighted_metrics=config.get("weighted_metrics"),
            )
        except OpsinError as error:
            raise ModelFileError(f"{filepath}: {error} Fix: load_model(path, compile=False).") from error
    return model


__getattr__ = _missing(__name__)
