"""Saliency maps of a prediction, each with its checks: random weights, a centre blob, insertion and deletion.

Occlusion: Zeiler and Fergus 2014 (arXiv:1311.2901). Grad-CAM: Selvaraju et al. 2017 (arXiv:1610.02391). Check with
random weights: Adebayo et al. 2018 (arXiv:1810.03292). Insertion and deletion: Petsiuk et al. 2018 (arXiv:1806.07421).
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from opsin.model import Model
from opsin.nn import Sequential, summarize

MAX_CORRELATION = 0.2
"""Largest absolute correlation with the map of random weights at which a map counts as one of the trained network."""
_STEPS = 24
_BATCH = 64
Score = Callable[[Tensor], Tensor]
"""Computes one number for each input of a normalized batch (n, channels, height, width)."""


@dataclass(frozen=True)
class Saliency:
    """One saliency map with its checks.

    Attributes:
        method: "occlusion" or "grad-cam".
        values: float32 (height, width), 0 to 1.
        correlation: Spearman correlation with the map of the same network with random weights.
        insertion: Mean score while pixels appear in the order of the map, most salient first; higher is better.
        deletion: Mean score while pixels disappear in that order; lower is better.
        blob_insertion: Insertion of a blob in the middle of the image, which knows nothing of the network.
    """

    method: str
    values: np.ndarray
    correlation: float
    insertion: float
    deletion: float
    blob_insertion: float

    @property
    def passes(self) -> bool:
        """True if the map differs from that of random weights and beats the centre blob."""
        return abs(self.correlation) <= MAX_CORRELATION and self.insertion > self.blob_insertion


def saliency_maps(model: Model, pixels: np.ndarray) -> list[Saliency]:
    """Computes and checks occlusion and Grad-CAM for what the model predicts on an image.

    The score is the probability of the predicted class, the predicted number, the highest output of a detector's grid,
    or the mean logit of the largest region of a segmentation.

    Args:
        model: Model on the CPU with images as inputs.
        pixels: Preprocessed image, uint8 (height, width, channels).
    """
    x = model.preprocessing.normalize(torch.from_numpy(pixels[None])).float()
    target = _target(model, x)
    score = _score(model.network, target)
    random = randomized(model.network)
    random_score = _score(random, target)
    order_of_blob = _centre_blob(x.shape[2], x.shape[3])
    blob = _insertion(score, x, order_of_blob)
    found: list[Saliency] = []
    layer = cam_layer(model.network)
    methods: list[tuple[str, Callable[[Sequential, Score], np.ndarray]]] = [
        ("occlusion", lambda _, score: occlusion(score, x))
    ]
    if layer is not None:
        methods.append(("grad-cam", lambda network, score: grad_cam(network, x, layer, target)))
    for name, method in methods:
        values, twin = method(model.network, score), method(random, random_score)
        found.append(
            Saliency(
                name, values, rank_correlation(values, twin), _insertion(score, x, values), _deletion(score, x, values),
                blob,
            )
        )  # fmt: skip
    return found


def randomized(network: Sequential) -> Sequential:
    """Returns a copy of a network with the values of each kernel in random order.

    New initial weights would not do: the last layers of many networks start at zero.

    Args:
        network: The network; it is not changed.
    """
    random, generator = copy.deepcopy(network), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for value in random.parameters():
            if value.ndim > 1:
                order = torch.randperm(value.numel(), generator=generator)
                value.copy_(value.flatten()[order].view(value.shape))
    return random.eval()


def cam_layer(network: Sequential) -> str | None:
    """Returns the path of the last layer of the network itself with a feature map of more than one position."""
    rows = [row for row in summarize(network).rows if row.depth == 0 and len(row.output_shape) == 3]
    rows = [row for row in rows if min(row.output_shape[:2]) > 1]
    return rows[-1].path if rows else None


def _target(model: Model, x: Tensor) -> Tensor:
    """Returns weights of the logits whose weighted sum is explained, shaped as the logits of one image."""
    with torch.inference_mode():
        logits = model.network.logits(x)[0]
    weights = torch.zeros_like(logits)
    if logits.ndim == 1:
        weights[int(logits.argmax())] = 1
    elif model.task.output.layout == "map":
        labels = logits.argmax(0) if len(logits) > 1 else (logits[0] > 0).long()
        counts = torch.bincount(labels.flatten(), minlength=len(logits))
        chosen = int(counts[1:].argmax()) + 1 if counts[1:].any() and len(logits) > 1 else int(counts.argmax())
        chosen = min(chosen, len(logits) - 1)
        region = (labels == chosen).float()
        weights[chosen] = region / region.sum().clamp_min(1)
    else:
        weights.flatten()[int(logits.flatten().argmax())] = 1
    return weights


def _score(network: Sequential, target: Tensor) -> Score:
    def score(batch: Tensor) -> Tensor:
        logits = network.logits(batch)
        if logits.ndim == 2 and network.final_activation == "softmax":
            logits = logits.softmax(1)
        elif logits.ndim == 2 and network.final_activation == "sigmoid":
            logits = logits.sigmoid()
        return (logits * target).flatten(1).sum(1)

    return score


def occlusion(score: Score, x: Tensor, window: int | None = None, stride: int | None = None) -> np.ndarray:
    """Returns the fall of the score when a square of the image is replaced by the mean value, 0 (height, width).

    Args:
        score: Score of a batch.
        x: Normalized image (1, channels, height, width).
        window: Side of the square. Default: a fifth of the shorter side.
        stride: Step between squares. Default: half of the square.
    """
    height, width = x.shape[2:]
    window = window or max(2, min(height, width) // 5)
    stride = stride or max(1, window // 2)
    tops, lefts = _starts(height, window, stride), _starts(width, window, stride)
    total, count = torch.zeros(height, width), torch.zeros(height, width)
    places = [(top, left) for top in tops for left in lefts]
    with torch.inference_mode():
        whole = float(score(x)[0])
        for start in range(0, len(places), _BATCH):
            some = places[start : start + _BATCH]
            covered = x.repeat(len(some), 1, 1, 1)
            for row, (top, left) in zip(covered, some, strict=True):
                row[:, top : top + window, left : left + window] = 0
            for (top, left), value in zip(some, score(covered).tolist(), strict=True):
                total[top : top + window, left : left + window] += whole - value
                count[top : top + window, left : left + window] += 1
    return _scaled((total / count.clamp_min(1)).numpy())


def _starts(size: int, window: int, stride: int) -> list[int]:
    starts = list(range(0, size - window + 1, stride))
    return starts if starts[-1] == size - window else [*starts, size - window]


def grad_cam(network: Sequential, x: Tensor, path: str, target: Tensor) -> np.ndarray:
    """Returns the positive part of a layer's maps weighted by their mean gradients, at image size (height, width).

    Args:
        network: The network.
        x: Normalized image (1, channels, height, width).
        path: Path of a layer of the network itself.
        target: Weights of the logits.
    """
    children = list(network.named_children())
    index = next(number for number, (name, _) in enumerate(children) if name == path)
    with torch.no_grad():
        maps = network.checked_input(x)
        for _, module in children[: index + 1]:
            maps = module(maps)
    maps = maps.detach().clone().requires_grad_()
    y = maps.clone()  # an activation after the layer may work in place
    for _, module in children[index + 1 :]:
        y = module(y)
    (gradient,) = torch.autograd.grad((y[0] * target).sum(), maps)
    weights = gradient.mean((2, 3), keepdim=True)
    cam = F.relu((weights * maps.detach()).sum(1, keepdim=True))
    cam = F.interpolate(cam, x.shape[2:], mode="bilinear", align_corners=False)
    return _scaled(cam[0, 0].numpy())


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Returns Spearman's correlation of two maps; 0 if one of them is constant.

    Examples:
        >>> rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([1.0, 4.0, 9.0]))
        1.0
    """
    ranks = [_ranks(values.ravel()) for values in (one, other)]
    if any(rank.std() == 0 for rank in ranks):
        return 0.0
    return float(round(np.corrcoef(ranks[0], ranks[1])[0, 1], 12))


def _ranks(values: np.ndarray) -> np.ndarray:
    """Returns ranks, equal for equal values."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = counts.cumsum()
    return (ends - (counts - 1) / 2)[inverse]


def _insertion(score: Score, x: Tensor, values: np.ndarray) -> float:
    return _curve_mean(score, _blurred(x), x, values)


def _deletion(score: Score, x: Tensor, values: np.ndarray) -> float:
    return _curve_mean(score, x, torch.zeros_like(x), values)


def _curve_mean(score: Score, start: Tensor, end: Tensor, values: np.ndarray) -> float:
    """Returns the mean score while pixels change from `start` to `end`, those with the largest values first."""
    order = torch.from_numpy(np.argsort(-values.ravel(), kind="stable").copy())
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(order))
    rank = rank.view(values.shape)
    shares = torch.linspace(0, 1, _STEPS + 1)
    with torch.inference_mode():
        batch = torch.cat([torch.where(rank < share * len(order), end, start) for share in shares])
        return float(torch.cat([score(some) for some in batch.split(_BATCH)]).mean())


def _blurred(x: Tensor) -> Tensor:
    """Returns the image without detail: averages of an eighth of its side."""
    side = max(3, min(x.shape[2:]) // 8 * 2 + 1)
    half = side // 2
    padded = F.pad(x, (half,) * 4, mode="replicate")
    return F.avg_pool2d(F.pad(F.avg_pool2d(padded, side, 1), (half,) * 4, mode="replicate"), side, 1)


def _centre_blob(height: int, width: int) -> np.ndarray:
    rows = (np.arange(height) - (height - 1) / 2) / height
    columns = (np.arange(width) - (width - 1) / 2) / width
    return np.exp(-8 * (rows[:, None] ** 2 + columns[None] ** 2))


def _scaled(values: np.ndarray) -> np.ndarray:
    low, high = float(values.min()), float(values.max())
    return ((values - low) / (high - low) if high > low else np.zeros_like(values)).astype(np.float32)
