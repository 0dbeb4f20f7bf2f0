"""Models: Sequential, and models to files and back."""

import os
from pathlib import Path
from typing import Any

from opsin.core import ModelFileError, OpsinError

from .saving import save_model as save_model
from .sequential import Sequential


def load_model(
    filepath: str | os.PathLike[str], custom_objects: Any = None, compile: bool = True, safe_mode: bool = True
) -> Sequential:
    """The model that a `.keras` file of Opsin or Keras holds, ready to go on; nothing in the file is run.

    Raises ModelFileError, in one line, for a file that is broken or holds what Opsin does not have.
    """
    from .file.read import read_keras

    network, told = read_keras(Path(filepath))
    model = Sequential.from_network(network)
    if compile and told is not None:
        try:
            model.compile(
                told.get("optimizer") or "rmsprop",
                told.get("loss"),
                metrics=told.get("metrics"),
                weighted_metrics=told.get("weighted_metrics"),
            )
        except OpsinError as error:
            raise ModelFileError(f"{filepath}: {error}; load_model(path, compile=False) leaves it out") from error
    return model
