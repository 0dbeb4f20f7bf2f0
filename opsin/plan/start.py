"""The start of a run: pretrained or random weights, and a linear model on pretrained features."""

from dataclasses import dataclass, replace

import torch

from opsin.core import DataError, Progress
from opsin.data import ImagePreprocessing, Preprocessing
from opsin.data.dataset import Dataset
from opsin.model import Model
from opsin.tasks import Classify, Task
from opsin.training import distributed

from .inputs import at_least, fit_preprocessing, upscaled
from .linear_model import LinearFit, fit_linear_model
from .networks import BUNDLED_WEIGHTS, InitialNetwork, make_network, pretrained_network
from .object_crops import SIDE
from .pretrained_probe import FEW_IMAGES, probe_features
from .probe_samples import ProbeSamples, samples_of_images, samples_of_objects

PRETRAINED_MIN_SIDE = 96
"""Least side in pixels for pretrained weights; smaller images are upscaled, as ImageNet's are larger."""
PRETRAINED_CHANNELS = (1, 3)
"""Numbers of channels that pretrained networks take."""
LEAST_SECONDS = 30.0
"""With less time for the run, no features are computed."""
MEASURED_LAYOUTS = ("vector", "grid")
"""Layouts of outputs for which weights are chosen by a probe; maps start from random ones (docs/pretrained.md)."""


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
        samples: Training images or crops with pretrained features, for probes; None where there are none.
    """

    source: Dataset
    initial: InitialNetwork
    linear: LinearFit | None
    reason: str
    samples: ProbeSamples | None


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
    shape, linear, samples = source.store.pixels.shape, None, None
    encoder = None
    has_classes = task.output.layout != "embedding"  # a linear model of identities says nothing about others
    has_time = seconds is None or bool(distributed.from_rank0(float(seconds >= LEAST_SECONDS)))
    if len(shape) == 4 and shape[-1] in PRETRAINED_CHANNELS and has_time and has_classes:
        encoder = _encoder(source, task, request, alternative, least, progress)
        if encoder.pretrained and task.output.is_vector and not task.loss_parameters(request.seed):
            model = Model(encoder.network.to(request.device), task, encoder.preprocessing)
            linear = fit_linear_model(model, source, seconds, progress, request.class_weights)
            samples = None if linear is None else samples_of_images(source, linear)
        elif encoder.pretrained and task.output.is_dense:
            model = Model(encoder.network.to(request.device), _crop_task(), encoder.preprocessing)
            samples = samples_of_objects(source, model, seconds)
    known = samples if task.output.layout in MEASURED_LAYOUTS else None
    use, reason = _choose(request, encoder, known, len(source.rows("train")) < FEW_IMAGES)
    if linear is not None and (request.pretrained is False or (request.model is not None and not use)):
        linear = replace(linear, baseline=replace(linear.baseline, replaces=False))
    if not use:
        preprocessing = fit_preprocessing(source)
        network = make_network(request.model or alternative, preprocessing.size, task, request.seed)
        return Start(source, InitialNetwork(network, preprocessing), linear, reason, samples)
    source = upscaled(source, least, progress)
    if encoder is None or not task.output.is_vector:
        encoder = _pretrained(fit_preprocessing(source), task, request, alternative, progress)
    return Start(source, encoder, linear, reason, samples)


def _choose(
    request: StartRequest, encoder: InitialNetwork | None, samples: ProbeSamples | None, few: bool
) -> tuple[bool, str]:
    """Returns True for pretrained weights, and the reason where the user did not choose."""
    if request.pretrained is not None or request.model is not None:
        return bool(request.pretrained), ""
    if encoder is not None and not encoder.pretrained:
        return False, f"starts from {encoder.weights}"
    return (False, "") if samples is None else probe_features(samples, few)


def _crop_task() -> Task:
    """Returns a task for the network whose features of crops are compared; its last layer is not used."""
    return Classify(("object", "background"))


def _encoder(
    source: Dataset, task: Task, request: StartRequest, alternative: str, least: int, progress: Progress
) -> InitialNetwork:
    """Returns the pretrained network that computes features of images, or of crops for boxes and masks."""
    if not task.output.is_vector:
        channels = source.store.pixels.shape[-1]
        crops = ImagePreprocessing.of_size((SIDE, SIDE, channels))
        return pretrained_network(None, BUNDLED_WEIGHTS, crops, _crop_task(), request.seed, progress)
    preprocessing = fit_preprocessing(source)
    if isinstance(preprocessing, ImagePreprocessing):
        height, width = at_least((preprocessing.height, preprocessing.width), least)
        preprocessing = replace(preprocessing, height=height, width=width)
    return _pretrained(preprocessing, task, request, alternative, progress)


def _pretrained(
    preprocessing: Preprocessing, task: Task, request: StartRequest, alternative: str, progress: Progress
) -> InitialNetwork:
    """Returns the network with pretrained weights, or with random ones where those are not available."""
    name = request.model if request.pretrained else None
    start = pretrained_network(name, alternative, preprocessing, task, request.seed, progress)
    if bool(distributed.from_rank0(float(start.pretrained))) != start.pretrained:
        raise DataError(
            f"pretrained weights differ between processes: this one starts from {start.weights}. Expected the same "
            "in all. Fix: copy the file to every machine, or use --no-pretrained."
        )
    return start
