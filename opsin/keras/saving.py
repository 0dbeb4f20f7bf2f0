"""Saving of models, saving and loading of weights."""

import os
from pathlib import Path

from opsin.core import ModelFileError, NetworkError, OpsinError, write_bytes

from . import weights
from .compilable import Compilable

FilePath = str | os.PathLike[str]


def save_model(model: Compilable, filepath: FilePath, overwrite: bool = True) -> None:
    """Writes layers, weights and compile arguments to a `.keras` file that Keras can read.

    Args:
        model: Model to save.
        filepath: Name that ends in `.keras`.
        overwrite: False raises OpsinError if the file exists.

    Raises:
        NetworkError: Keras does not have a layer of the model.
        OpsinError: The name is invalid, the loss or a metric is Python code, or the file cannot be written.
    """
    from .file.write import write_keras

    path = _writable(filepath, ".keras", overwrite)
    write_keras(path, model.network, None if model.compile_state is None else model.compile_state.to_config())


def save_weights(model: Compilable, filepath: FilePath, overwrite: bool = True) -> None:
    """Writes the weights to a `.weights.h5` file that Keras can read.

    Args:
        model: Model whose weights are saved.
        filepath: Name that ends in `.weights.h5`.
        overwrite: False raises OpsinError if the file exists.
    """
    from .file.variables import weight_groups
    from .file.weights import write_weights

    write_bytes(_writable(filepath, ".weights.h5", overwrite), write_weights(weight_groups(model.network)))


def load_weights(model: Compilable, filepath: FilePath) -> None:
    """Loads weights into a model.

    Args:
        model: Model whose weights are replaced.
        filepath: A `.weights.h5` or `.keras` file of a model with the same layers.

    Raises:
        ModelFileError: The file cannot be read or has other weights.
    """
    from .file.read import read_keras
    from .file.variables import weight_groups
    from .file.weights import read_weights

    path = Path(filepath)
    if path.suffix == ".keras":
        try:
            weights.write(model.name, model.network, weights.read(read_keras(path)[0]))
        except NetworkError as error:
            raise ModelFileError(f"{path} has other layers: {error}") from error
        return
    try:
        read_weights(path.read_bytes(), weight_groups(model.network))
    except OSError as error:
        raise ModelFileError(f"Reading {path} failed: {error.strerror}. Expected a file of save_weights.") from error
    except ModelFileError as error:
        raise ModelFileError(f"{path} {error}") from error


def _writable(filepath: FilePath, ending: str, overwrite: bool) -> Path:
    path = Path(filepath)
    if not path.name.endswith(ending):
        raise OpsinError(
            f"{path} is not a valid name. Expected one that ends in {ending}, such as {path.stem}{ending}."
        )
    if path.exists() and not overwrite:
        raise OpsinError(f"{path} exists. Fix: overwrite=True or another name.")
    return path
