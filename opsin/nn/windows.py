"""Input positions that can affect an output position, computed from the layers, with borders and padding."""

from collections.abc import Iterable
from typing import Any, TypeAlias, cast

from opsin.core import NetworkError, Shape

from .composites import Composite, chain_shapes
from .layer import Layer
from .layers.cropping import Cropping
from .layers.transposed import Transposed
from .layers.upsampling import UpSampling
from .layers.zero_padding import ZeroPadding
from .padding import CAUSAL, same_padding

Box: TypeAlias = tuple[tuple[int, int], ...]
"""First and last position along each spatial axis."""
_Positions: TypeAlias = tuple[frozenset[int], ...]
"""Positions along each spatial axis: with dilation or large strides they have gaps."""


def input_window(layers: Iterable[Layer], input_shape: Shape, path: str, position: tuple[int, ...]) -> Box:
    """Returns the window of the input that can affect one output position of a layer.

    Zero padding, also that between layers, is no part of the input.

    Args:
        layers: Named layers of a network, in order.
        input_shape: Input shape without the batch axis, channels last, such as (height, width, channels).
        path: Path of the layer as the rows of a summary have it.
        position: Output position, one index for each spatial axis; () for a vector.

    Returns:
        First and last input position along each spatial axis; last < first if only padding is in the window.

    Raises:
        NetworkError: No layer has the path.

    Examples:
        >>> from opsin.nn import Conv2D, MaxPooling2D, Sequential
        >>> net = Sequential([Conv2D(4, 3, padding="same"), MaxPooling2D(2)], input_shape=(8, 8, 1), seed=0)
        >>> input_window(net.layers, (8, 8, 1), "max_pooling2d", (0, 2))
        ((0, 2), (3, 6))
    """
    found = _through(tuple(layers), input_shape, path, tuple(frozenset((index,)) for index in position))
    if found is None:
        raise NetworkError(f"no layer has the path {path!r}.")
    return tuple((min(axis, default=0), max(axis, default=-1)) for axis in found)


def _through(layers: tuple[Layer, ...], input_shape: Shape, path: str, at: _Positions) -> _Positions | None:
    """Returns the positions on the input of a chain for those of the output of the layer at `path`; None without it."""
    own, _, rest = path.partition("/")
    for index, layer in enumerate(layers):
        if layer.name != own:
            continue
        shapes = chain_shapes(layers[: index + 1], input_shape)
        found: _Positions | None = at
        if not rest:
            found = _before(layer, shapes[index], at)
        elif isinstance(layer, Composite):
            found = _inside(layer, shapes[index], rest, at)
        return None if found is None else _back(layers[:index], input_shape, found)
    return None


def _inside(layer: Composite, shape: Shape, path: str, at: _Positions) -> _Positions | None:
    for name, branch in layer.branches.items():
        prefix = f"{name}/" if name else ""
        if path.startswith(prefix) and (found := _through(branch, shape, path.removeprefix(prefix), at)) is not None:
            return found
    return None


def _back(layers: tuple[Layer, ...], input_shape: Shape, at: _Positions) -> _Positions:
    """Returns the positions on the input of a chain for those of its output."""
    shapes = chain_shapes(layers, input_shape)
    for layer, shape in zip(reversed(layers), reversed(shapes[:-1]), strict=True):
        at = _before(layer, shape, at)
    return at


def _before(layer: Layer, shape: Shape, at: _Positions) -> _Positions:
    """Returns the positions on a layer's input for those of its output."""
    sizes = shape[:-1]
    nowhere: _Positions = tuple(frozenset[int]() for _ in sizes)
    if not all(at):
        return nowhere
    if isinstance(layer, Composite):
        branches = [_of_branch(branch, shape, at) for branch in layer.branches.values()]
        reached = [found for found in branches if all(found)] or [nowhere]
        return tuple(frozenset[int]().union(*axis) for axis in zip(*reached, strict=True))
    if layer.window is None or len(at) != len(sizes):
        return tuple(frozenset(range(size)) for size in sizes)
    moved = (_axis(layer, axis, size, positions) for axis, (size, positions) in enumerate(zip(sizes, at, strict=True)))
    found = tuple(frozenset(i for i in axis if 0 <= i < size) for axis, size in zip(moved, sizes, strict=True))
    return found if all(found) else nowhere


def _of_branch(branch: tuple[Layer, ...], shape: Shape, at: _Positions) -> _Positions:
    """Returns the positions of a branch; an axis of length 1 that the merge broadcasts has one position."""
    sizes = chain_shapes(branch, shape)[-1][:-1]
    if len(sizes) == len(at):
        at = tuple(frozenset(min(i, size - 1) for i in axis) for axis, size in zip(at, sizes, strict=True))
    return _back(branch, shape, at)


def _axis(layer: Layer, axis: int, size: int, at: frozenset[int]) -> set[int]:
    """Returns input positions along an axis, which may lie outside of the input."""
    if isinstance(layer, ZeroPadding | Cropping):
        before, _ = layer.pairs[axis]
        offset = -before if isinstance(layer, ZeroPadding) else before
        return {i + offset for i in at}
    if isinstance(layer, UpSampling):
        return _upsampled(layer, axis, size, at)
    if isinstance(layer, Transposed):
        stride, dilation, kernel, cut = layer.axis_geometry(axis)
        taps = {i + cut - tap * dilation for i in at for tap in range(kernel)}
        return {position // stride for position in taps if position % stride == 0}
    window = layer.window
    if window is None or not window.kernel:
        return set(at)
    extent, stride, padding = window.extent[axis], window.strides[axis], cast(Any, layer).padding
    before = same_padding(size, extent, stride)[0] if padding == "same" else (extent - 1) * (padding == CAUSAL)
    step = window.dilation[axis]
    return {i * stride - before + tap * step for i in at for tap in range(window.kernel[axis])}


def _upsampled(layer: UpSampling, axis: int, size: int, at: frozenset[int]) -> set[int]:
    factor = cast("tuple[int, ...]", layer.size)[axis]
    if layer.interpolation_mode == "nearest":
        return {i // factor for i in at}
    # bilinear: source coordinate (i + 0.5) / factor - 0.5, cut to the input, lies on a position or between two
    twice = {min(max(2 * i + 1 - factor, 0), 2 * factor * (size - 1)) for i in at}
    return {i // (2 * factor) for i in twice} | {-(-i // (2 * factor)) for i in twice}
