"""Loading of model files; sizes in the header are checked against the size of the file before memory is allocated."""

import warnings
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from opsin.core import ModelFileError, OpsinError, Shape, choose_device
from opsin.data import preprocessing_from_json
from opsin.nn import Sequential, Stage, layer_from_json, summarize
from opsin.tasks import Task, task_from_json

from .file import ModelFile, open_model_file
from .model import Model
from .provenance import Provenance

MOST_LAYERS = 4096
MOST_VALUES = 2**30
"""Largest output of a layer for one image: 4 GiB of float32."""


def load(path: str | Path, device: str | torch.device | None = None) -> Model:
    """Loads a model; runs no code from the file. Warns when weights are not finite.

    Args:
        path: Model file, such as best.safetensors.
        device: Device of the network, such as "cpu" or "cuda:0". Default: the fastest of this machine.

    Returns:
        The model, in evaluation mode.

    Raises:
        ModelFileError: The file is missing, cut short, damaged, or of another program or format.
        OpsinError: The device is not available.
    """
    where = device if isinstance(device, torch.device) else choose_device(device)
    with open_model_file(Path(path)) as file:
        try:
            model = _read_model(file)
        except ModelFileError as error:
            raise ModelFileError(_line(file, str(error).removeprefix(f"{path} "))) from error
        except OpsinError as error:
            raise ModelFileError(_line(file, f"describes no valid model: {error}")) from error
        except Exception as error:  # a hostile description can cause any error
            raise ModelFileError(_line(file, f"has a damaged description ({type(error).__name__}: {error})")) from error
        expected = model.network.state_dict()
        weights = file.weights(expected)
        # not network.to_empty, which imports half a second of sympy for weights in channels_last
        on_device = {name: _like(weights[name], like, where) for name, like in expected.items()}
        model.network.load_state_dict(on_device, assign=True)
        _warn_if_not_finite(file, weights)
    model.network.eval()
    return model


def _like(value: Tensor, like: Tensor, device: torch.device) -> Tensor:
    """Copies the value to a device, with the strides and the type of `like`."""
    return torch.empty_strided(like.shape, like.stride(), dtype=like.dtype, device=device).copy_(value)


def _read_model(file: ModelFile) -> Model:
    """Returns the model with its network on the meta device, where weights take no memory."""
    header = file.header
    preprocessing = preprocessing_from_json(header["preprocessing"])
    task = task_from_json(header["task"])
    provenance = Provenance.from_json(header["provenance"])
    network = _network(header["layers"], preprocessing.size, file.weight_bytes)
    model = Model(network, task, preprocessing, header["tta"], provenance, file.parts())
    _check_names(task, len(preprocessing.size) - 1)
    return model


def _network(data: Any, size: Shape, weight_bytes: int) -> Sequential:
    """Builds the network, after a check that its layers are few and that its weights fit into the file."""
    if _count_objects(data) > MOST_LAYERS:
        raise ModelFileError(f"describes too many layers. Expected at most {MOST_LAYERS:,}.")
    if set(data) != {"type", "name", "input_shape", "layers"} or data["type"] != "Sequential":
        raise ModelFileError("describes no Sequential network.")
    if tuple(data["input_shape"]) != size:
        raise ModelFileError(f"has preprocessing of size {size} for a network with the input {data['input_shape']}.")
    layers = tuple(layer_from_json(layer) for layer in data["layers"])
    whole = Stage(layers)
    needed = 4 * (whole.trainable_parameters(size) + whole.fixed_parameters(size))
    if needed > weight_bytes:
        raise ModelFileError(f"describes {needed:,} bytes of weights. Expected at most its own {weight_bytes:,} bytes.")
    with torch.device("meta"):
        network = Sequential(layers, input_shape=size, seed=0, name=str(data["name"]))
    largest = max((row.values for row in summarize(network).rows), default=0)
    if max(largest, int(np.prod(size, dtype=object))) > MOST_VALUES:
        raise ModelFileError(f"describes layers with up to {largest:,} outputs. Expected at most {MOST_VALUES:,}.")
    return network


def _count_objects(data: Any) -> int:
    count, waiting = 0, [data]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            count += 1
            waiting.extend(cast("dict[str, Any]", item).values())
        elif isinstance(item, list):
            waiting.extend(cast("list[Any]", item))
    return count


def _check_names(task: Task, axes: int) -> None:
    """Raises an error for names of the wrong type now, not at the first prediction."""
    names: tuple[Any, ...] = (*task.names, *task.to_columns(task.empty(1, (1,) * axes)))
    if not all(isinstance(name, str) for name in names):
        raise ModelFileError("has names of classes, labels or values that are no text.")
    "".join(names).encode()  # an unpaired surrogate fits into JSON, but into no table


def _warn_if_not_finite(file: ModelFile, weights: dict[str, Tensor]) -> None:
    ends = {name: torch.stack(value.aminmax()) for name, value in weights.items() if value.is_floating_point()}
    bad = [name for name, pair in ends.items() if not pair.isfinite().all()]
    if bad:
        warnings.warn(
            f"{file.path}: weights of {bad[0]!r} are not finite; predictions will not be numbers", stacklevel=3
        )


def _line(file: ModelFile, problem: str) -> str:
    return f"{file.path} {' '.join(problem.split())[:400]}"
