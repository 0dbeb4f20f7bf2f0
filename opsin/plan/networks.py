"""From a name or a file of layers to a network."""

import importlib.util
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from opsin import nn, zoo
from opsin.core import NetworkError, Progress, Shape
from opsin.data import ImagePreprocessing
from opsin.model import check_head
from opsin.tasks import Task
from opsin.training import rescale_kernels

RANDOM_WEIGHTS = "random weights"
BUNDLED_WEIGHTS = "efficientnet_lite0"
"""The network whose learned weights come with a package: nothing is downloaded."""


@dataclass(frozen=True)
class InitialNetwork:
    """A network before its first step, how its images are prepared, and where its weights come from, in words."""

    network: nn.Sequential
    preprocessing: ImagePreprocessing
    weights: str = RANDOM_WEIGHTS

    @property
    def pretrained(self) -> bool:
        """Whether the weights are not random."""
        return self.weights != RANDOM_WEIGHTS and not self.weights.startswith(f"{RANDOM_WEIGHTS}:")


def pretrained_network(
    asked: str | None, otherwise: str, preprocessing: ImagePreprocessing, task: Task, seed: int, progress: Progress
) -> InitialNetwork:
    """The network with weights learned on ImageNet and images scaled as they expect, or with random ones and why.

    `asked` is what the person named; None takes the network whose weights come with a package, or `otherwise` with
    random ones. Raises NetworkError when no weights can exist for what was asked.
    """
    name = (asked or BUNDLED_WEIGHTS).removeprefix("unet_").removeprefix("detector_")
    weights = zoo.WEIGHTS.get(name)
    try:
        network = zoo.pretrained(name, preprocessing.size, task.units, task.activation, seed, progress=progress)
        if task.head != "vector":
            learned, network = network, _from_zoo(name, preprocessing.size, task, seed)
            zoo.load_encoder(network, learned)
    except zoo.WeightsError as error:
        network = make_network(asked or otherwise, preprocessing.size, task, seed)
        return InitialNetwork(network, preprocessing, f"{RANDOM_WEIGHTS}: learned ones cannot be had ({error})")
    assert weights is not None  # or there would be no such network
    rescale_kernels(network)
    mean, std = zoo.expected_scale(weights, preprocessing.channels)
    return InitialNetwork(
        network, replace(preprocessing, mean=mean, std=std), f"weights learned on ImageNet: {weights.origin}"
    )


def make_network(model: str | Path, input_shape: Shape, task: Task, seed: int) -> nn.Sequential:
    """A zoo network by its name, or the layers in a .json or .py file, checked against what the task needs.

    A .json file holds what `Sequential.to_json` wrote. A .py file, which is run, defines `layers` (a list) or
    `layers(input_shape, units)`. Raises NetworkError when the network does not end in the task's number of outputs.
    """
    path = Path(model)
    if path.suffix not in (".json", ".py"):
        return _from_zoo(str(model), input_shape, task, seed)
    if not path.is_file():
        raise NetworkError(f"--model {path} is not a file; expected a .json or .py file of layers, or a zoo name")
    layers = _from_json(path) if path.suffix == ".json" else _from_python(path, input_shape, task.units)
    try:
        network = nn.Sequential(layers, input_shape=input_shape, seed=seed, name=path.stem)
    except NetworkError as error:
        raise NetworkError(f"{path} cannot take images of shape {input_shape}: {error}") from error
    try:
        check_head(network, input_shape, task)
    except NetworkError as error:
        last = f"Dense({task.units})" if task.head == "vector" else f"Conv2D({task.units}, 1)"
        raise NetworkError(
            f"{path} ends in shape {network.output_shape}: {error}; make its last layer {last}"
        ) from error
    return network


def _from_zoo(name: str, input_shape: Shape, task: Task, seed: int) -> nn.Sequential:
    try:
        if task.head == "map":
            return zoo.create_unet(name, input_shape, task.units, seed=seed)
        if task.head == "grid":
            return zoo.create_detector(name, input_shape, task.units, seed=seed)
        return zoo.create(name, input_shape, task.units, task.activation, seed=seed)
    except NetworkError as error:
        if name not in (*zoo.names(), *zoo.unet_names(), *zoo.detector_names()):
            raise
        height, width, _ = input_shape
        mend = "ask for larger ones with --size, or for another network with --model"
        raise NetworkError(f"{name} cannot take images of {height}x{width} ({error}); {mend}") from error


def _from_json(path: Path) -> Iterable[nn.Layer]:
    try:
        return nn.Sequential.from_json(json.loads(path.read_text(encoding="utf-8"))).layers
    except NetworkError as error:
        raise NetworkError(f"{path}: {error}") from error
    except ValueError as error:
        raise NetworkError(f"{path} is not JSON ({error}); expected what Sequential.to_json() wrote") from error


def _from_python(path: Path, input_shape: Shape, units: int) -> Iterable[nn.Layer]:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise NetworkError(f"{path} cannot be read as Python")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise NetworkError(f"{path} failed when run: {type(error).__name__}: {error}") from error
    layers: Any = getattr(module, "layers", None)
    made: Any = layers(input_shape, units) if callable(layers) else layers
    if not isinstance(made, list | tuple) or not all(isinstance(layer, nn.Layer) for layer in cast("list[Any]", made)):
        raise NetworkError(f"{path} defines no `layers`; expected a list of layers or layers(input_shape, units)")
    return cast("list[nn.Layer]", made)
