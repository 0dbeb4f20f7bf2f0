"""Local connectivity and parameter sharing of each layer, measured on the user's own network and image."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from opsin.model import Model
from opsin.nn import Row, input_window, summarize

from .canvas import MAX_SIDE, canvas, normalized
from .support import gradient_support, positive_twin

EFFECT = 0.95
"""Share of a unit's gradient that its effective window holds."""
MAX_MEASURED = 32
"""Layers that are measured, spread over the depth; for the others the window is computed alone."""
_SIGNS = 2
"""Random sums of channels whose gradients are averaged."""


@dataclass(frozen=True)
class LayerWindow:
    """Window of one unit in the middle of a layer's feature map, and the layer's parameters.

    Attributes:
        path: Path of the layer as in a summary.
        kind: Class name of the layer.
        output_shape: (height, width, channels).
        window: (height, width) in input pixels that the layers allow; None for the whole input.
        stride: Input pixels between the windows of neighbouring units, downwards and across.
        support: (height, width) that a gradient reaches in a network with the same connections; equal to `window`.
        effective: Side of the centred square window with 95 % of the gradient on this image, at most that of `window`.
        change_outside: Largest change of the unit when all pixels outside its window are replaced; 0 by locality.
        shift_difference: Largest difference between the feature map of the image and that of the image shifted by one
            stride, moved back by one position, away from edges; 0 by sharing.
        edge: Positions from the edge at which padding makes the shifted map differ.
        parameters: Weights and biases of the layer.
        unshared: Parameters with separate weights at each position (a locally connected layer).
        dense: Parameters of a dense layer with the same input and output.
        note: Reason for values that were not measured.
    """

    path: str
    kind: str
    output_shape: tuple[int, ...]
    window: tuple[int, int] | None
    stride: tuple[float, float] | None
    parameters: int
    unshared: int | None
    dense: int | None
    support: tuple[int, int] | None = None
    effective: int | None = None
    change_outside: float | None = None
    shift_difference: float | None = None
    edge: int | None = None
    note: str = ""


def measure_windows(model: Model, pixels: np.ndarray, progress: Any = None) -> list[LayerWindow]:
    """Measures all layers with feature maps.

    Args:
        model: Model on the CPU.
        pixels: Preprocessed image, uint8 (height, width, channels).
        progress: Called with (stage, done, total).

    Returns:
        One entry for each layer that contains no others and has a feature map.
    """
    rows = [row for row in summarize(model.network).rows if len(row.output_shape) == 3 and not row.is_composite]
    twin, step = positive_twin(model.network), -(-len(rows) // MAX_MEASURED)
    periods = _periods(model)
    found: list[LayerWindow] = []
    for number, row in enumerate(rows):
        entry = _described(row)
        middle = (row.output_shape[0] // 2, row.output_shape[1] // 2)
        if row.receptive_field is None:
            entry = replace(entry, note="depends on the whole image")
        else:
            entry = replace(entry, window=_size(_theory(model, row, middle)))
            if (len(rows) - 1 - number) % step == 0:
                entry = replace(entry, support=_size(gradient_support(twin, row.path, middle)))
                entry = _on_canvas(model, pixels, row, entry, periods[row.path])
            else:
                entry = replace(entry, note="window computed, not measured")
        found.append(entry)
        if progress is not None:
            progress("windows", number + 1, len(rows))
    return found


def _described(row: Row) -> LayerWindow:
    down, across = (1.0, 1.0) if row.strides is None else row.strides
    positions, has_weights = row.output_shape[0] * row.output_shape[1], row.multiply_adds > 0
    return LayerWindow(
        row.path, row.kind, row.output_shape, None, (down, across) if row.strides else None, row.trainable,
        row.trainable * positions if has_weights else None, row.as_dense if has_weights else None,
    )  # fmt: skip


def _theory(model: Model, row: Row, position: tuple[int, int]) -> Any:
    return input_window(model.network.layers, model.network.input_shape, row.path, position)


def _size(box: Any) -> tuple[int, int]:
    (top, bottom), (left, right) = box
    return bottom - top + 1, right - left + 1


def _on_canvas(model: Model, pixels: np.ndarray, row: Row, entry: LayerWindow, period: int) -> LayerWindow:
    """Measures one layer on a canvas on which the unit's window lies clear of the border."""
    assert row.receptive_field is not None
    needed = max(row.receptive_field) + 5 * period
    side = math.ceil(needed / period) * period
    if side > MAX_SIDE:
        return replace(entry, note=f"window too large to measure (more than {MAX_SIDE} pixels with its surroundings)")
    source = canvas(pixels, side, side + period)
    image, shifted = normalized(model, source[:, period:]), normalized(model, source[:, :-period])
    with torch.inference_mode():
        maps = model.network.intermediate_outputs(torch.cat([image, shifted]), [row.path])[row.path]
    middle = (maps.shape[2] // 2, maps.shape[3] // 2)
    box = input_window(model.network.layers, (side, side, pixels.shape[-1]), row.path, middle)
    difference, edge = _shift_difference(maps, round(period / (row.strides or (1.0, 1.0))[1]))
    return replace(
        entry,
        change_outside=_change_outside(model, image, row.path, middle, box),
        effective=min(_effective(model, image, row.path, middle, box), max(entry.window or (side, side))),
        shift_difference=difference,
        edge=edge,
    )


def _periods(model: Model) -> dict[str, int]:
    """Returns the shift in pixels that moves the map of each layer by whole positions: the largest stride so far."""
    largest, periods = 1.0, dict[str, int]()
    for row in summarize(model.network).rows:
        largest = max(largest, *(row.strides or (1.0,))) if len(row.output_shape) == 3 else largest
        periods[row.path] = math.ceil(largest)
    return periods


def _change_outside(model: Model, image: Tensor, path: str, middle: tuple[int, int], box: Any) -> float:
    (top, bottom), (left, right) = box
    inside = torch.zeros(image.shape[2:], dtype=torch.bool)
    inside[top : bottom + 1, left : right + 1] = True
    noise = torch.randn(image.shape, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        both = torch.cat([image, torch.where(inside, image, noise)])
        values = model.network.intermediate_outputs(both, [path])[path][:, :, middle[0], middle[1]]
    return float((values[0] - values[1]).abs().max())


def _effective(model: Model, image: Tensor, path: str, middle: tuple[int, int], box: Any) -> int:
    """Returns the side of the smallest square around the window's centre with 95 % of the absolute gradient."""
    x = image.clone().requires_grad_()
    values = model.network.intermediate_outputs(x, [path])[path][0, :, middle[0], middle[1]]
    generator = torch.Generator().manual_seed(0)
    effect = torch.zeros(image.shape[2:])
    for _ in range(_SIGNS):
        signs = torch.randint(0, 2, values.shape, generator=generator).float() * 2 - 1
        (gradient,) = torch.autograd.grad((values * signs).sum(), x, retain_graph=True)
        effect += gradient[0].abs().sum(0)
    (top, bottom), (left, right) = box
    rows = (torch.arange(effect.shape[0]) - (top + bottom) / 2).abs()
    columns = (torch.arange(effect.shape[1]) - (left + right) / 2).abs()
    distance = torch.maximum(rows[:, None], columns[None])
    order = distance.flatten().argsort()
    share = effect.flatten()[order].double().cumsum(0)
    if not share[-1] > 0:
        return 0
    first = int((share >= EFFECT * share[-1]).nonzero()[0])
    return int(2 * distance.flatten()[order][first]) + 1


def _shift_difference(maps: Tensor, moved: int) -> tuple[float, int]:
    """Compares a map with the map of the shifted image; returns the difference in the middle and the edge's width."""
    one, other = maps[0, :, :, : maps.shape[3] - moved], maps[1, :, :, moved:]
    columns = (one - other).abs().amax((0, 1))
    nonzero = (columns > 0).nonzero().flatten()
    half = len(columns) // 2
    left = int(nonzero[nonzero < half].max()) + 1 if (nonzero < half).any() else 0
    right = len(columns) - int(nonzero[nonzero >= half].min()) if (nonzero >= half).any() else 0
    return float(columns[half]), max(left, right)
