"""Builds networks from names of the zoo or from files of layers."""

import importlib.util
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from opsin import nn, zoo
from opsin.core import NetworkError, Progress, Shape
from opsin.data import Preprocessing
from opsin.model import check_head
from opsin.tasks import Task
from opsin.training import rescale_kernels

RANDOM_WEIGHTS = "random weights"
BUNDLED_WEIGHTS = "efficientnet_lite0"
"""Network whose pretrained weights come with an installed package, without a download."""


@dataclass(frozen=True)
class InitialNetwork:
    """A network before its first training step.

    Attributes:
        network: The network.
        preprocessing: Preprocessing with the mean and std that the weights expect.
        weights: Description of the weights' source.
    """

    network: nn.Sequential
    preprocessing: Preprocessing
    weights: str = RANDOM_WEIGHTS

    @property
    def pretrained(self) -> bool:
        """Returns True for pretrained weights, False for random ones."""
        return self.weights != RANDOM_WEIGHTS and not self.weights.startswith(f"{RANDOM_WEIGHTS}:")


def pretrained_network(
    requested: str | None, fallback: str, preprocessing: Preprocessing, task: Task, seed: int, progress: Progress
) -> InitialNetwork:
    """Returns a network with pretrained weights, or with random ones where those are not available.

    Args:
        requested: Name from the user; None takes `BUNDLED_WEIGHTS`, or `fallback` with random weights.
        fallback: Name of the network with random weights.
        preprocessing: Preprocessing, of which mean and std are replaced by those that the weights expect.
        task: Task, which sets the outputs of the network.
        seed: Seed of the random weights.
        progress: Called while a file is downloaded.

    Raises:
        NetworkError: The requested network has no pretrained weights, or does not take images of this size.
    """
    name, output = requested or BUNDLED_WEIGHTS, task.output
    try:
        network = zoo.pretrained(
            name,
            preprocessing.size,
            task.units,
            output=output,
            activation=task.activation,
            seed=seed,
            progress=progress,
        )
    except zoo.WeightsError as error:
        network = make_network(requested or fallback, preprocessing.size, task, seed)
        reason = f"{RANDOM_WEIGHTS}: pretrained weights are not available ({error})"
        return InitialNetwork(network, preprocessing, reason)
    rescale_kernels(network)
    weights = zoo.WEIGHTS[zoo.encoder_name(name, output.layout)]
    mean, std = zoo.expected_scale(weights, preprocessing.size[-1])
    return InitialNetwork(
        network, preprocessing.with_scale(mean, std), f"weights pretrained on ImageNet: {weights.origin}"
    )


def make_network(model: str | Path, input_shape: Shape, task: Task, seed: int) -> nn.Sequential:
    """Returns a network with random weights from the zoo or from a file of layers.

    Args:
        model: Name of a zoo network; or a .json file written by `Sequential.to_json`; or a .py file, which is run and
            defines `layers` as a list or as a function `layers(input_shape, units)`.
        input_shape: Shape of an input, (height, width, channels).
        task: Task, which sets the outputs of the network.
        seed: Seed of the weights.

    Raises:
        NetworkError: The name is unknown, the file is unreadable, or the network does not fit the images or the task.
    """
    path = Path(model)
    if path.suffix not in (".json", ".py"):
        return _from_zoo(str(model), input_shape, task, seed)
    if not path.is_file():
        raise NetworkError(f"--model {path} is not a file. Expected a .json or .py file of layers, or a zoo name.")
    layers = _from_json(path) if path.suffix == ".json" else _from_python(path, input_shape, task.units)
    try:
        network = nn.Sequential(layers, input_shape=input_shape, seed=seed, name=path.stem)
    except NetworkError as error:
        raise NetworkError(f"{path} does not take images of shape {input_shape}: {error}") from error
    try:
        check_head(network, input_shape, task)
    except NetworkError as error:
        last = f"Conv2D({task.units}, 1)" if task.output.is_dense else f"Dense({task.units})"
        raise NetworkError(
            f"{path} ends in shape {network.output_shape}: {error}. Fix: make its last layer {last}."
        ) from error
    return network


def _from_zoo(name: str, input_shape: Shape, task: Task, seed: int) -> nn.Sequential:
    output = task.output
    zoo.encoder_name(name, output.layout)  # an unknown name has nothing to do with the size of the images
    try:
        return zoo.create(name, input_shape, task.units, output=output, activation=task.activation, seed=seed)
    except NetworkError as error:
        size = "x".join(map(str, input_shape[:-1]))
        raise NetworkError(
            f"{name} does not take images of {size} ({error}). "
            "Fix: choose a larger --size, or another network with --model."
        ) from error


def _from_json(path: Path) -> Iterable[nn.Layer]:
    try:
        return nn.Sequential.from_json(json.loads(path.read_text(encoding="utf-8"))).layers
    except NetworkError as error:
        raise NetworkError(f"{path}: {error}") from error
    except ValueError as error:
        raise NetworkError(f"{path} is not JSON ({error}). Expected the output of Sequential.to_json().") from error


def _from_python(path: Path, input_shape: Shape, units: int) -> Iterable[nn.Layer]:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise NetworkError(f"{path} cannot be imported. Expected a Python file.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise NetworkError(
            f"{path} failed with {type(error).__name__}: {error}. Expected a Python file that defines `layers`."
        ) from error
    layers: Any = getattr(module, "layers", None)
    made: Any = layers(input_shape, units) if callable(layers) else layers
    if not isinstance(made, list | tuple) or not all(isinstance(layer, nn.Layer) for layer in cast("list[Any]", made)):
        raise NetworkError(f"{path} defines no `layers`. Expected a list of layers or layers(input_shape, units).")
    return cast("list[nn.Layer]", made)
