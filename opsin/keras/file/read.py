"""From a `.keras` file to a network: sizes first, then the description, then the weights; no code at any step."""

from pathlib import Path
from typing import Any, cast

from opsin.core import ModelFileError, OpsinError
from opsin.nn import Sequential

from .archive import CONFIG, METADATA, WEIGHTS, Archive, open_archive
from .network import Network, network_of
from .objects import read_object
from .variables import places
from .weights import h5, read_weights

MOST_CONFIG_BYTES = 16 * 2**20
MOST_METADATA_BYTES = 2**20
_VERSIONS = ("2", "3")
_SPARE_BYTES = 64 * 2**20


def read_keras(path: str | Path) -> tuple[Sequential, dict[str, Any] | None]:
    """The network of a `.keras` file and Keras's compile_config, plain JSON, or None where it was not compiled.

    Weights come as float32; optimizer state, initializers, regularizers and constraints stay behind. Raises
    ModelFileError, in one line, when the file is missing, cut short, hostile or holds what Opsin cannot express, and
    OpsinError when h5py is not installed. Format: Keras 3, https://keras.io/api/models/model_saving_apis/.
    """
    h5()
    try:
        with open_archive(Path(path)) as archive:
            return _read(archive)
    except OpsinError as error:
        raise ModelFileError(f"{path} {' '.join(str(error).split())[:700]}") from error


def _read(archive: Archive) -> tuple[Sequential, dict[str, Any] | None]:
    version = read_object(archive.read(METADATA, MOST_METADATA_BYTES), METADATA).get("keras_version")
    if not isinstance(version, str) or version.partition(".")[0] not in _VERSIONS:
        raise ModelFileError(f"is of Keras {version!r:.40}; this Opsin reads files of Keras 3: save it with that")
    model = read_object(archive.read(CONFIG, MOST_CONFIG_BYTES), CONFIG)
    try:
        described = network_of(model)
        count = described.parameters
    except ModelFileError:
        raise
    except OpsinError as error:
        raise ModelFileError(f"describes no network that can be built: {error}") from error
    except Exception as error:  # a hostile description can make any reader stumble
        raise ModelFileError(f"has a damaged config ({type(error).__name__}: {error})") from error
    size = archive.size(WEIGHTS)
    if size < 2 * count:
        raise ModelFileError(f"describes {count:,} numbers but has {size:,} bytes of weights: it is damaged")
    content = archive.read(WEIGHTS, _SPARE_BYTES + 64 * count)  # Adam's moments and more
    network = _built(described)
    read_weights(content, places(network))
    return network.eval(), _compiled(model.get("compile_config"))


def _built(described: Network) -> Sequential:
    try:
        network = Sequential(described.layers, input_shape=described.input_shape, seed=0, name=described.name)
        for path in described.frozen:
            network.get_submodule(path).requires_grad_(False)
    except OpsinError as error:
        raise ModelFileError(f"describes no network that can be built: {error}") from error
    return network


def _compiled(found: object) -> dict[str, Any] | None:
    if found is None or found == {}:
        return None
    if not isinstance(found, dict):
        raise ModelFileError("has a compile_config that is no JSON object: it is damaged")
    return cast("dict[str, Any]", found)
