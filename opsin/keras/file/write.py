"""From a network to a `.keras` file that Keras 3 loads with its safe mode on."""

import json
from pathlib import Path
from typing import Any

from opsin.core import ModelFileError, NetworkError, replacing
from opsin.nn import Sequential

from .archive import CONFIG, METADATA, WEIGHTS, write_archive
from .configs import model_config
from .objects import read_object
from .variables import places
from .weights import write_weights

KERAS_VERSION = "3.15.1"
"""The newest Keras that files were compared with."""


def write_keras(path: str | Path, network: Sequential, compiled: dict[str, Any] | None = None) -> None:
    """Writes layers, weights (float32) and Keras's compile_config as `path`, whole or not at all.

    Equal networks give equal bytes. Raises NetworkError for a layer that Keras does not have, and OpsinError when the
    file cannot be written or h5py is not installed.
    """
    path = Path(path)
    if path.suffix != ".keras":
        raise NetworkError(f"{path} does not end with `.keras`, without which Keras does not load it: rename it")
    try:
        config = json.dumps(model_config(network, compiled), allow_nan=False)
        read_object(config.encode(), "compile_config")
    except (TypeError, ValueError, RecursionError, ModelFileError) as error:
        raise NetworkError(
            f"compile_config of {network.name} is no plain JSON ({error}); expected what Keras writes"
        ) from error
    metadata = json.dumps({"keras_version": KERAS_VERSION, "date_saved": "1980-01-01@00:00:00"})
    weights = write_weights(places(network))
    with replacing(path) as temporary:
        write_archive(temporary, {METADATA: metadata.encode(), CONFIG: config.encode(), WEIGHTS: weights})
