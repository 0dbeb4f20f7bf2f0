"""Linear model on the features of a pretrained network: a baseline, and the start of fine-tuning."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from opsin.core import Progress, numpy_generator
from opsin.data.dataset import Dataset
from opsin.model import Model
from opsin.training import distributed

from .inputs import at_input_size
from .one_thread import one_thread

LINEAR_FILE = "linear.safetensors"
"""Name of the model file in the run folder."""
PENALTIES = (300.0, 100.0, 30.0, 10.0, 3.0, 1.0)
"""L2 penalties of the weights, for features with deviation 1 and the sum of the losses over the images."""
ROUNDS, ITERATIONS = 3, 6
"""Rounds of L-BFGS for each penalty, from the weights of the penalty before, and iterations of a round."""
MOST_IMAGES = 10_000
"""Most images whose features are computed without a time limit."""
TIME_SHARE, FIT_SHARE, TEST_SHARE = 0.15, 0.1, 0.05
"""Share of the remaining time for the features of training and validation images, for the fit, and for the features of
test images."""
VALID_SHARE = 0.2
"""Share of validation images among the images whose features are computed."""
TIMED_IMAGES = 32
BATCH = 64
"""Images of a batch, after which the time is looked at."""


@dataclass(frozen=True)
class LinearBaseline:
    """Facts about a linear model, which the record of a run keeps.

    Attributes:
        images: Number of training images that it was fitted to.
        valid_images: Number of validation images that its score was computed on.
        test_images: Number of test images that it is scored on.
        score: Validation score, named by `Task.monitor`; nan without validation images.
        replaces: The linear model replaces the trained network where it is better; False for a network that the user
            chose.
    """

    images: int
    valid_images: int
    test_images: int
    score: float
    replaces: bool = True


@dataclass(frozen=True, eq=False)
class LinearFit:
    """A fitted linear model, and the features that it was fitted to.

    Attributes:
        model: Pretrained network whose last layer is the linear model.
        baseline: Facts for the record.
        rows: Positions of the images within the training split, int64 (n,).
        features: Features of these images, float32 (n, features).
        test_seconds: Estimated seconds for the predictions on test images.
    """

    model: Model
    baseline: LinearBaseline
    rows: np.ndarray
    features: np.ndarray
    test_seconds: float


def sample_rows(count: int, most: int, part: str) -> np.ndarray:
    """Returns at most `most` of `count` positions: the same ones for the same split and numbers.

    Args:
        count: Number of positions.
        most: Maximum number to return.
        part: Name of the split.

    Examples:
        >>> sorted(sample_rows(3, 5, "test").tolist()), len(sample_rows(100, 7, "test"))
        ([0, 1, 2], 7)
    """
    return numpy_generator(0, f"linear model {part}").permutation(count)[:most]


def fit_linear_model(
    model: Model,
    source: Dataset,
    seconds: float | None,
    progress: Progress,
    class_weights: tuple[float, ...] | None = None,
) -> LinearFit | None:
    """Fits the last layer of a pretrained network to its features of the training images.

    The penalty with the lowest loss on the validation images is chosen. A linear model keeps pretrained features
    intact, which a random last layer would harm during fine-tuning (Kumar et al., arXiv:2202.10054).

    Args:
        model: Model of the pretrained network; its last layer is changed in place.
        source: Data set with its splits.
        seconds: Remaining time of the run; None if unlimited.
        progress: Called with the number of images whose features were computed.
        class_weights: Weight of each class in the loss.

    Returns:
        The fit; None where the last layer is not linear, the loss has parameters, or below two training images.
    """
    last = list(model.network.children())[-1] if model.network.layers else None
    rows = {split: source.rows(split) for split in ("train", "valid", "test")}
    if not isinstance(last, torch.nn.Linear) or len(rows["train"]) < 2 or model.task.loss_parameters(0):
        return None
    begun = time.monotonic()
    rate = _images_per_second(model, source.store.pixels, rows["train"]) if seconds is not None else float("inf")
    train, valid, test = _affordable(tuple(map(len, rows.values())), rate, seconds)
    chosen = {"train": sample_rows(len(rows["train"]), train, "train")}
    chosen["valid"] = sample_rows(len(rows["valid"]), valid, "valid")
    pixels, total = source.store.pixels, sum(map(len, chosen.values()))
    features, targets, done = dict[str, np.ndarray](), dict[str, np.ndarray](), 0
    deadline = None if seconds is None else begun + TIME_SHARE * seconds
    for split in ("valid", "train"):
        positions = chosen[split]
        features[split] = features_of(model, pixels, rows[split][positions], progress, (done, total), deadline)
        chosen[split] = positions = positions[: len(features[split])]
        targets[split], done = source.targets(split)[positions], done + len(positions)
    deadline = None if seconds is None else begun + (TIME_SHARE + FIT_SHARE) * seconds
    with one_thread():
        _fit_path(model, last, features, targets, class_weights, deadline)
    score = _calibrate(model, last, features["valid"], targets["valid"])
    baseline = LinearBaseline(len(chosen["train"]), len(chosen["valid"]), test, score)
    return LinearFit(model, baseline, chosen["train"], features["train"], test / rate)


def save_linear_model(fit: LinearFit | None, folder: Path) -> None:
    """Writes the linear model into a run folder, for the end of the run.

    Args:
        fit: The fit; None writes nothing.
        folder: Folder of the run.
    """
    if fit is not None and distributed.rank_and_world()[0] == 0:
        fit.model.save(folder / LINEAR_FILE)


def _images_per_second(model: Model, pixels: np.ndarray, rows: np.ndarray) -> float:
    features_of(model, pixels, rows[:2])
    begun = time.monotonic()
    features_of(model, pixels, rows[np.arange(TIMED_IMAGES) % len(rows)])
    return distributed.from_rank0(TIMED_IMAGES / (time.monotonic() - begun))


def _affordable(counts: tuple[int, ...], rate: float, seconds: float | None) -> tuple[int, int, int]:
    """Returns the numbers of training, validation and test images whose features there is time for."""
    most, test = MOST_IMAGES, MOST_IMAGES
    if seconds is not None:
        most = max(2 * TIMED_IMAGES, int(TIME_SHARE * seconds * rate))
        test = max(TIMED_IMAGES, int(TEST_SHARE * seconds * rate))
    valid = min(counts[1], max(TIMED_IMAGES, int(VALID_SHARE * most)))
    return min(counts[0], most - min(valid, most // 2)), valid, min(counts[2], test)


def features_of(
    model: Model,
    pixels: np.ndarray,
    rows: np.ndarray,
    progress: Progress | None = None,
    position: tuple[int, int] = (0, 0),
    deadline: float | None = None,
) -> np.ndarray:
    """Computes features of rows of a store, at the input size of the model.

    Args:
        model: The model.
        pixels: Images, uint8 (n, height, width, channels).
        rows: Indices of the images in `pixels`.
        progress: Called with the number of images after each batch.
        position: Number of images done before these, and number of all images.
        deadline: Time of `time.monotonic()` after which no further batch is begun.

    Returns:
        float32 (rows, features); of fewer rows after the deadline.
    """
    batch, parts = min(BATCH, model.max_batch_size), list[np.ndarray]()
    for start in range(0, max(1, len(rows)), batch):
        late = start > 0 and deadline is not None and time.monotonic() > deadline
        if bool(distributed.from_rank0(float(late))):
            break
        parts.append(model.features(at_input_size(pixels[rows[start : start + batch]], model.preprocessing)))
        if progress is not None:
            progress("features", position[0] + min(start + batch, len(rows)), position[1])
    return np.concatenate(parts)


@torch.no_grad()
def _set_last(last: torch.nn.Linear, weight: Tensor, bias: Tensor) -> None:
    last.weight.copy_(weight)
    last.bias.copy_(bias)


def _fit_path(
    model: Model,
    last: torch.nn.Linear,
    features: dict[str, np.ndarray],
    targets: dict[str, np.ndarray],
    class_weights: tuple[float, ...] | None,
    deadline: float | None,
) -> None:
    """Fits the layer with falling penalties until the validation loss rises, and keeps the best."""
    device, task = model.device, model.task
    center, scale = features["train"].mean(0), features["train"].std() + 1e-6
    x, held = (torch.from_numpy((features[split] - center) / scale).to(device) for split in ("train", "valid"))
    y, held_y = (torch.from_numpy(task.encode(targets[split])).to(device) for split in ("train", "valid"))
    weights = None if class_weights is None else torch.tensor(class_weights, device=device)
    weight = torch.zeros(task.units, x.shape[1], device=device, requires_grad=True)
    bias = torch.zeros(task.units, device=device, requires_grad=True)

    def loss_of(logits: Tensor) -> Tensor:
        return task.loss(logits, y, weights=weights).mean()

    middle, lowest = torch.from_numpy(center).to(device), float("inf")
    for penalty in PENALTIES if len(held) else (30.0,):
        _minimize(weight, bias, loss_of, x, penalty, deadline)
        with torch.no_grad():
            loss = float(task.loss(held @ weight.T + bias, held_y).mean()) if len(held) else 0.0
            if distributed.from_rank0(float(loss < lowest)):
                lowest = loss
                _set_last(last, weight / float(scale), bias - (weight / float(scale)) @ middle)
        late = deadline is not None and time.monotonic() > deadline
        if distributed.from_rank0(float(loss > lowest or late)):
            break


def _minimize(
    weight: Tensor,
    bias: Tensor,
    loss_of: Callable[[Tensor], Tensor],
    x: Tensor,
    penalty: float,
    deadline: float | None,
) -> None:
    search = torch.optim.LBFGS([weight, bias], max_iter=ITERATIONS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        search.zero_grad()
        total = loss_of(x @ weight.T + bias) + penalty / (2 * len(x)) * weight.square().sum()
        total.backward()  # pyright: ignore[reportUnknownMemberType]
        return total

    step: Any = search.step
    for number in range(ROUNDS):
        late = number > 0 and deadline is not None and time.monotonic() > deadline
        if distributed.from_rank0(float(late)):
            break
        step(closure)


def _calibrate(model: Model, last: torch.nn.Linear, features: np.ndarray, targets: np.ndarray) -> float:
    """Calibrates the task of the model on validation images, and returns their score before."""
    if not len(features):
        return float("nan")
    with torch.no_grad():
        predictions = model.task.decode(last(torch.from_numpy(features).to(model.device)))
    name, _ = model.task.monitor
    score = model.task.scorer(predictions, targets)(np.ones(len(predictions)))[name]
    model.task = model.task.calibrated(predictions, targets)
    return float(score)
