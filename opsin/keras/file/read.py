"""Reading of `.keras` files: sizes first, then the config, then the weights. No code is executed."""

from pathlib import Path
from typing import Any, cast

from opsin.core import ModelFileError, OpsinError
from opsin.nn import Sequential

from .archive import CONFIG, METADATA, WEIGHTS, Archive, open_archive
from .network import NetworkConfig, convert_network
from .objects import read_object
from .variables import weight_groups
from .weights import h5, read_weights

MAX_CONFIG_BYTES = 16 * 2**20
MAX_METADATA_BYTES = 2**20
_VERSIONS = ("2", "3")
_SPARE_BYTES = 64 * 2**20


def read_keras(path: str | Path) -> tuple[Sequential, dict[str, Any] | None]:
    """Reads a network from a `.keras` file of Keras 3 (https://keras.io/api/models/model_saving_apis/).

    Optimizer state, initializers, regularizers and constraints are not read.

    Args:
        path: Path of the file.

    Returns:
        The network with float32 weights, and Keras's compile_config as plain JSON, or None if it was not compiled.

    Raises:
        ModelFileError: The file is missing, damaged, unsafe or not supported.
        OpsinError: h5py is not installed.
    """
    h5()
    try:
        with open_archive(Path(path)) as archive:
            return _read(archive)
    except OpsinError as error:
        raise ModelFileError(f"{path} {' '.join(str(error).split())[:700]}") from error


def _read(archive: Archive) -> tuple[Sequential, dict[str, Any] | None]:
    version = read_object(archive.read(METADATA, MAX_METADATA_BYTES), METADATA).get("keras_version")
    if not isinstance(version, str) or version.partition(".")[0] not in _VERSIONS:
        raise ModelFileError(f"is a file of Keras {version!r:.40}. Expected Keras 3. Fix: save it with Keras 3.")
    model = read_object(archive.read(CONFIG, MAX_CONFIG_BYTES), CONFIG)
    try:
        config = convert_network(model)
        count = config.parameters
    except ModelFileError:
        raise
    except OpsinError as error:
        raise ModelFileError(f"has a config that cannot be built: {error}") from error
    except Exception as error:  # a manipulated config can cause any exception
        raise ModelFileError(f"has a damaged config ({type(error).__name__}: {error})") from error
    size = archive.size(WEIGHTS)
    if size < 2 * count:
        raise ModelFileError(f"has {size:,} bytes of weights for {count:,} values: the file is damaged.")
    content = archive.read(WEIGHTS, _SPARE_BYTES + 64 * count)  # weights and optimizer state
    network = _build(config)
    read_weights(content, weight_groups(network))
    return network.eval(), _compile_config(model.get("compile_config"))


def _build(config: NetworkConfig) -> Sequential:
    try:
        network = Sequential(config.layers, input_shape=config.input_shape, seed=0, name=config.name)
        for path in config.frozen:
            network.get_submodule(path).requires_grad_(False)
    except OpsinError as error:
        raise ModelFileError(f"has a config that cannot be built: {error}") from error
    return network


def _compile_config(found: object) -> dict[str, Any] | None:
    if found is None or found == {}:
        return None
    if not isinstance(found, dict):
        raise ModelFileError("has a compile_config that is not a JSON object: the file is damaged.")
    return cast("dict[str, Any]", found)
