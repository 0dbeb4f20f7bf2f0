"""Models and weights to files and back."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from opsin.core import ModelFileError, NetworkError, OpsinError, write_bytes

from . import weights

if TYPE_CHECKING:
    from .sequential import Sequential

FilePath = str | os.PathLike[str]


def save_model(model: "Sequential", filepath: FilePath, overwrite: bool = True) -> None:
    """Writes layers, weights and what `compile` was told to a `.keras` file, which Keras reads too."""
    from .file.write import write_keras

    path = _writable(filepath, ".keras", overwrite)
    write_keras(path, model.network, None if model.compiled_with is None else model.compiled_with.to_config())


def save_weights(model: "Sequential", filepath: FilePath, overwrite: bool = True) -> None:
    """Writes the weights to a `.weights.h5` file, as Keras does."""
    from .file.variables import places
    from .file.weights import write_weights

    write_bytes(_writable(filepath, ".weights.h5", overwrite), write_weights(places(model.network)))


def load_weights(model: "Sequential", filepath: FilePath) -> None:
    """Takes the weights of a `.weights.h5` or `.keras` file of a model with the same layers.

    Raises ModelFileError, in one line that names the file, when it cannot be read or has other weights.
    """
    from .file.read import read_keras
    from .file.variables import places
    from .file.weights import read_weights

    path = Path(filepath)
    if path.suffix == ".keras":
        try:
            weights.write(model.name, model.network, weights.read(read_keras(path)[0]))
        except NetworkError as error:
            raise ModelFileError(f"{path} has other layers: {error}") from error
        return
    try:
        read_weights(path.read_bytes(), places(model.network))
    except OSError as error:
        raise ModelFileError(f"could not read {path}: {error.strerror}; give the file save_weights wrote") from error
    except ModelFileError as error:
        raise ModelFileError(f"{path} {error}") from error


def _writable(filepath: FilePath, ending: str, overwrite: bool) -> Path:
    path = Path(filepath)
    if not path.name.endswith(ending):
        raise OpsinError(f"cannot save to {path}: expected a name that ends in {ending}, such as {path.stem}{ending}")
    if path.exists() and not overwrite:
        raise OpsinError(f"{path} is there already; give overwrite=True or another name")
    return path
