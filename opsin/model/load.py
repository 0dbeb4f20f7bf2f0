"""From a model file to a model: every number in it is distrusted until the file's own size vouches for it."""

import warnings
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from opsin.core import ModelFileError, OpsinError, choose_device
from opsin.data import ImagePreprocessing
from opsin.nn import Sequential, Stage, layer_from_json, summarize
from opsin.tasks import Task, task_from_json

from .file import ModelFile, open_model_file
from .model import Model

MOST_LAYERS = 4096
MOST_VALUES = 2**30
"""In any one layer's output for one image: 4 GiB of float32."""


def load(path: str | Path, device: str | torch.device | None = None) -> Model:
    """Reads a model file onto a device (None: the fastest here); runs no code from it.

    Raises ModelFileError, in one line, when the file is missing, foreign, cut short, damaged or hostile. Warns when
    weights are not finite numbers.
    """
    where = device if isinstance(device, torch.device) else choose_device(device)
    with open_model_file(Path(path)) as file:
        try:
            model = _described(file)
        except ModelFileError as error:
            raise ModelFileError(_line(file, str(error).removeprefix(f"{path} "))) from error
        except OpsinError as error:
            raise ModelFileError(_line(file, f"describes no model that can be built: {error}")) from error
        except Exception as error:  # a hostile description can make any reader stumble
            raise ModelFileError(_line(file, f"has a damaged description ({type(error).__name__}: {error})")) from error
        expected = model.network.state_dict()
        weights = file.weights(expected)
        # not network.to_empty, which imports half a second of sympy for weights in channels_last
        placed = {name: _laid_out(weights[name], like, where) for name, like in expected.items()}
        model.network.load_state_dict(placed, assign=True)
        _warn_of_unfinite(file, weights)
    model.network.eval()
    return model


def _laid_out(value: Tensor, like: Tensor, device: torch.device) -> Tensor:
    """The value on a device, in memory as a tensor like this one lies."""
    return torch.empty_strided(like.shape, like.stride(), dtype=like.dtype, device=device).copy_(value)


def _described(file: ModelFile) -> Model:
    """The model with its network on the meta device, where weights take no memory."""
    header = file.header
    preprocessing = ImagePreprocessing.from_json(header["preprocessing"])
    task = task_from_json(header["task"])
    if not isinstance(header["provenance"], dict):
        raise ModelFileError("has no `provenance` in its description")
    network = _network(header["layers"], preprocessing.size, file.weight_bytes)
    model = Model(network, task, preprocessing, header["tta"], cast("dict[str, Any]", header["provenance"]))
    _try_answers(task)
    return model


def _network(data: Any, size: tuple[int, int, int], weight_bytes: int) -> Sequential:
    """The layers as a network, once they are few and their weights fit into the file's bytes."""
    if _count_objects(data) > MOST_LAYERS:
        raise ModelFileError(f"describes more than {MOST_LAYERS:,} layers")
    if set(data) != {"type", "name", "input_shape", "layers"} or data["type"] != "Sequential":
        raise ModelFileError("does not describe a Sequential network")
    if tuple(data["input_shape"]) != size:
        raise ModelFileError(f"prepares images as {size} for a network that takes {data['input_shape']}")
    layers = tuple(layer_from_json(layer) for layer in data["layers"])
    whole = Stage(layers)
    needed = 4 * (whole.trainable_parameters(size) + whole.fixed_parameters(size))
    if needed > weight_bytes:
        raise ModelFileError(f"describes {needed:,} bytes of weights but is only {weight_bytes:,} bytes long")
    with torch.device("meta"):
        network = Sequential(layers, input_shape=size, seed=0, name=str(data["name"]))
    largest = max((row.values for row in summarize(network).rows), default=0)
    if max(largest, int(np.prod(size, dtype=object))) > MOST_VALUES:
        raise ModelFileError(f"describes layers with up to {largest:,} outputs; expected at most {MOST_VALUES:,}")
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


def _try_answers(task: Task) -> None:
    """A task whose names or numbers are of the wrong kind shows it now, not at the first prediction."""
    names: tuple[Any, ...] = (*task.names, *task.to_columns(task.empty(1, (1, 1))))
    if not all(isinstance(name, str) for name in names):
        raise ModelFileError("has names of classes, labels or numbers that are no texts")
    "".join(names).encode()  # an unpaired surrogate fits into JSON, but into no table


def _warn_of_unfinite(file: ModelFile, weights: dict[str, Tensor]) -> None:
    ends = {name: torch.stack(value.aminmax()) for name, value in weights.items() if value.is_floating_point()}
    bad = [name for name, pair in ends.items() if not pair.isfinite().all()]
    if bad:
        warnings.warn(f"{file.path}: weights of {bad[0]!r} are not finite; answers will not be numbers", stacklevel=3)


def _line(file: ModelFile, problem: str) -> str:
    return f"{file.path} {' '.join(problem.split())[:400]}"
