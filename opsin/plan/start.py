"""The start of a run: pretrained or random weights, and a linear model on pretrained features."""

from dataclasses import dataclass, replace

import torch

from opsin.core import DataError, Progress
from opsin.data import ImagePreprocessing
from opsin.data.dataset import Dataset
from opsin.model import Model
from opsin.tasks import Task
from opsin.training import distributed

from .inputs import at_least, fit_preprocessing, upscaled
from .linear_model import LinearFit, fit_linear_model
from .networks import InitialNetwork, make_network, pretrained_network
from .pretrained_probe import probe_images

PRETRAINED_MIN_SIDE = 96
"""Least side in pixels for pretrained weights; smaller images are upscaled, as ImageNet's are larger."""
PRETRAINED_CHANNELS = (1, 3)
"""Numbers of channels that pretrained networks take."""


@dataclass(frozen=True)
class StartRequest:
    """Options of the user on the start of a run.

    Args:
        model: Name or file of a network. Default: chosen for the data.
        pretrained: Start from pretrained weights. Default: measured on training images.
        own_size: The size of the input was given.
        seed: Seed of random weights.
        device: Device of the run.
        class_weights: Weight of each class in the loss.
    """

    model: str | None
    pretrained: bool | None
    own_size: bool
    seed: int
    device: torch.device
    class_weights: tuple[float, ...] | None = None


@dataclass(frozen=True, eq=False)
class Start:
    """The network before its first training step, and how it was chosen.

    Attributes:
        source: Data set; its images are upscaled where pretrained weights need it.
        initial: The network with its preprocessing.
        linear: Linear model on pretrained features; None where there is none.
        reason: Reason of the choice between pretrained and random weights; empty where the user chose.
    """

    source: Dataset
    initial: InitialNetwork
    linear: LinearFit | None
    reason: str


def choose_start(
    source: Dataset, task: Task, request: StartRequest, alternative: str, seconds: float | None, progress: Progress
) -> Start:
    """Fits the linear model on pretrained features, and chooses between pretrained and random weights.

    Args:
        source: Data set with its splits.
        task: Task of the run.
        request: Options of the user.
        alternative: Name of the network with random weights.
        seconds: Remaining time of the run; None if unlimited.
        progress: Called while weights are downloaded and features are computed.

    Raises:
        DataError: Processes of a distributed run differ in the weights that are available to them.
    """
    least = 1 if request.own_size else PRETRAINED_MIN_SIDE
    pretrained, linear, reason = None, None, ""
    if _has_features(source, task, request):
        pretrained = _pretrained(source, task, request, alternative, least, progress)
        if pretrained.pretrained:
            linear = _linear(pretrained, source, task, request, seconds, progress)
    use = bool(request.pretrained)
    if request.pretrained is None and request.model is None:
        if pretrained is not None and not pretrained.pretrained:
            reason = f"starts from {pretrained.weights}"
        elif linear is not None:
            use, reason = probe_images(source, task, linear.rows, linear.features)
    if linear is not None and not use and request.model is not None:
        linear = replace(linear, baseline=replace(linear.baseline, replaces=False))
    if not use:
        preprocessing = fit_preprocessing(source)
        network = make_network(request.model or alternative, preprocessing.size, task, request.seed)
        return Start(source, InitialNetwork(network, preprocessing), linear, reason)
    source = upscaled(source, least, progress)
    if pretrained is None:
        pretrained = _pretrained(source, task, request, alternative, least, progress)
    return Start(source, pretrained, linear, reason)


def _has_features(source: Dataset, task: Task, request: StartRequest) -> bool:
    """Returns True for images of which a packaged network computes feature vectors."""
    shape = source.store.pixels.shape
    fits = len(shape) == 4 and shape[-1] in PRETRAINED_CHANNELS
    return request.pretrained is not False and task.output.is_vector and fits


def _pretrained(
    source: Dataset, task: Task, request: StartRequest, alternative: str, least: int, progress: Progress
) -> InitialNetwork:
    """Returns the network with pretrained weights, or with random ones where those are not available."""
    preprocessing = fit_preprocessing(source)
    if isinstance(preprocessing, ImagePreprocessing):
        size = at_least((preprocessing.height, preprocessing.width), least)
        preprocessing = replace(preprocessing, height=size[0], width=size[1])
    name = request.model if request.pretrained else None
    start = pretrained_network(name, alternative, preprocessing, task, request.seed, progress)
    if bool(distributed.from_rank0(float(start.pretrained))) != start.pretrained:
        raise DataError(
            f"pretrained weights differ between processes: this one starts from {start.weights}. Expected the same "
            "in all. Fix: copy the file to every machine, or use --no-pretrained."
        )
    return start


def _linear(
    start: InitialNetwork,
    source: Dataset,
    task: Task,
    request: StartRequest,
    seconds: float | None,
    progress: Progress,
) -> LinearFit | None:
    model = Model(start.network.to(request.device), task, start.preprocessing)
    return fit_linear_model(model, source, seconds, progress, request.class_weights)
