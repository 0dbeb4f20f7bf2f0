"""Writing of `.keras` files that Keras 3 loads in safe mode."""

import json
from pathlib import Path
from typing import Any

from opsin.core import ModelFileError, NetworkError, replacing
from opsin.nn import Sequential

from .archive import CONFIG, METADATA, WEIGHTS, write_archive
from .configs import model_config
from .objects import read_object
from .variables import weight_groups
from .weights import write_weights

KERAS_VERSION = "3.15.1"
"""The newest Keras version that the files were tested with."""


def write_keras(path: str | Path, network: Sequential, compiled: dict[str, Any] | None = None) -> None:
    """Writes a network to a `.keras` file. Equal networks give identical files; an error leaves no partial file.

    Args:
        path: Name that ends in `.keras`.
        network: Network to write, with float32 weights.
        compiled: Keras's compile_config as plain JSON, or None.

    Raises:
        NetworkError: Keras does not have a layer of the network, or the name or `compiled` is invalid.
        OpsinError: The file cannot be written, or h5py is not installed.
    """
    path = Path(path)
    if path.suffix != ".keras":
        raise NetworkError(f"{path} is not a valid name. Expected one that ends with `.keras`, which Keras requires.")
    try:
        config = json.dumps(model_config(network, compiled), allow_nan=False)
        read_object(config.encode(), "compile_config")
    except (TypeError, ValueError, RecursionError, ModelFileError) as error:
        raise NetworkError(
            f"The compile_config of {network.name} is not plain JSON ({error}). Expected a config of Keras."
        ) from error
    metadata = json.dumps({"keras_version": KERAS_VERSION, "date_saved": "1980-01-01@00:00:00"})
    weights = write_weights(weight_groups(network))
    with replacing(path) as temporary:
        write_archive(temporary, {METADATA: metadata.encode(), CONFIG: config.encode(), WEIGHTS: weights})
