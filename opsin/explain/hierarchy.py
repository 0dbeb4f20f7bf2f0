"""Spatial hierarchy: classes that a linear probe reads from the features of each depth, and strongest patches."""

from dataclasses import dataclass

import numpy as np
import torch

from opsin.model import Model
from opsin.nn import Row, input_window, summarize

MAX_IMAGES = 1000
_PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
_BATCH = 64


@dataclass(frozen=True)
class Depth:
    """Linear probe on the features of one depth.

    Attributes:
        path: Path of the layer as in a summary; "input" for pixels.
        accuracy: Share of the held-out images whose class a linear probe on the averaged feature map gets right.
        images: Number of held-out images.
    """

    path: str
    accuracy: float
    images: int


@dataclass(frozen=True)
class Patches:
    """Image patches that excite one unit most.

    Attributes:
        path: Path of the layer.
        channel: Channel of the unit.
        patches: uint8 (height, width, channels) each, strongest first.
    """

    path: str
    channel: int
    patches: tuple[np.ndarray, ...]


def depths_of(model: Model) -> list[Row]:
    """Returns the rows that are measured: layers and stages of the network itself with feature maps or vectors."""
    rows = [row for row in summarize(model.network).rows if row.depth == 0]
    if len(rows) < 4:
        rows = [row for row in summarize(model.network).rows if row.depth <= 1]
    small = ("Activation", "BatchNormalization", "Dropout", "ReLU", "ZeroPadding2D", "Flatten", "Rescaling")
    return [row for row in rows if row.kind not in small]


def probe_depths(model: Model, arrays: np.ndarray, labels: np.ndarray) -> list[Depth]:
    """Fits a ridge classifier to the features of each depth on half of the images, and scores it on the others.

    Args:
        model: Model on the CPU.
        arrays: Preprocessed images, at most 1,000 are used.
        labels: Class index of each image.

    Returns:
        One entry for the pixels and for each depth.
    """
    order = np.random.default_rng(0).permutation(len(arrays))[:MAX_IMAGES]
    arrays, labels = arrays[order], labels[order]
    rows = depths_of(model)
    features: dict[str, list[np.ndarray]] = {"input": []}
    for start in range(0, len(arrays), _BATCH):
        pixels = torch.from_numpy(np.ascontiguousarray(arrays[start : start + _BATCH]))
        x = model.preprocessing.normalize(pixels).float()
        with torch.inference_mode():
            found = model.network.intermediate_outputs(x, [row.path for row in rows])
        features["input"].append(pixels.flatten(1).numpy().astype(np.float32))
        for path, value in found.items():
            features.setdefault(path, []).append(value.flatten(2).mean(2).numpy() if value.ndim > 2 else value.numpy())
    half = len(arrays) // 2
    return [Depth(path, _probe(np.concatenate(values), labels, half), len(arrays) - half)
            for path, values in features.items()]  # fmt: skip


def _probe(features: np.ndarray, labels: np.ndarray, half: int) -> float:
    """Returns the accuracy on the rows from `half` on; the penalty is chosen on a quarter of the others."""
    fit = half * 3 // 4
    best = max(_PENALTIES, key=lambda penalty: _accuracy(features, labels, slice(0, fit), slice(fit, half), penalty))
    return _accuracy(features, labels, slice(0, half), slice(half, None), best)


def _accuracy(features: np.ndarray, labels: np.ndarray, fit: slice, test: slice, penalty: float) -> float:
    x, y = features[fit].astype(np.float64), labels[fit]
    center, scale = x.mean(0), x.std(0).mean() + 1e-9
    x = (x - center) / scale
    targets = np.eye(int(labels.max()) + 1)[y]
    shift = targets.mean(0)
    gram = x @ x.T + penalty * len(x) * np.eye(len(x))  # dual form: fewer images than pixels
    weights = x.T @ np.linalg.solve(gram, targets - shift)
    scores = ((features[test] - center) / scale) @ weights + shift
    return float((scores.argmax(1) == labels[test]).mean()) if len(scores) else float("nan")


def strongest_patches(model: Model, arrays: np.ndarray, path: str, channels: int = 8, count: int = 6) -> list[Patches]:
    """Returns for some channels of a layer the image patches at which they are largest, one patch an image.

    Args:
        model: Model on the CPU.
        arrays: Preprocessed images, at most 1,000 are used.
        path: Path of a layer with feature maps.
        channels: Number of channels, those with the largest outputs.
        count: Patches per channel.
    """
    tops: list[torch.Tensor] = []
    places: list[torch.Tensor] = []
    width = 1
    for start in range(0, min(len(arrays), MAX_IMAGES), _BATCH):
        pixels = torch.from_numpy(np.ascontiguousarray(arrays[start : start + _BATCH]))
        with torch.inference_mode():
            maps = model.network.intermediate_outputs(model.preprocessing.normalize(pixels).float(), [path])[path]
        width = maps.shape[3]
        best, where = maps.flatten(2).max(2)
        tops.append(best)
        places.append(where)
    top, place = torch.cat(tops), torch.cat(places)
    chosen = (top.amax(0) - top.mean(0)).argsort(descending=True)[:channels].tolist()
    found: list[Patches] = []
    for channel in chosen:
        images = top[:, channel].argsort(descending=True)[:count].tolist()
        cuts: list[np.ndarray] = []
        for image in images:
            position = divmod(int(place[image, channel]), width)
            (above, below), (left, right) = input_window(
                model.network.layers, model.network.input_shape, path, position
            )
            cuts.append(np.array(arrays[image, above : below + 1, left : right + 1]))
        found.append(Patches(path, channel, tuple(cuts)))
    return found
