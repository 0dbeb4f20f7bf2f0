"""The nodes of a network diagram: small layers attached to the block before them, repeated blocks merged."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeAlias, cast

from opsin.core import Shape

from ..branches import Merge
from ..composites import Composite, Residual, chain_shapes
from ..layer import Json, Layer, shape_text
from ..layers.activations import Activation
from ..layers.advanced_activations import AdvancedActivation
from ..layers.convolution import kernel_window
from ..layers.dropout import Dropout
from ..layers.normalization import Normalization
from ..layers.transposed import Transposed
from ..layers.zero_padding import ZeroPadding


@dataclass(frozen=True)
class Block:
    """One layer, with the small layers directly after it, such as normalization and activation.

    Args:
        name: Name of the layer.
        kind: Class name of the layer.
        window: Kernel size, dilation and strides as text; empty without a window.
        shape: Output shape without the batch axis, channels last.
        parameters: Number of parameters, trainable or not.
        followers: Labels of the small layers after it, in order.
        count: Number of identical consecutive blocks.
        key: Value that is equal for identical blocks.
    """

    name: str
    kind: str
    window: str
    shape: Shape
    parameters: int
    followers: tuple[str, ...] = ()
    count: int = 1
    key: object = field(default=None, repr=False)


@dataclass(frozen=True)
class Group:
    """Layers drawn in one frame, with one row per branch.

    Args:
        name: Name of the composite layer.
        rows: Nodes of each branch.
        shape: Output shape without the batch axis, channels last.
        merge_text: How the rows are merged, and a branch that is too short for a row, as text.
        followers: Labels of the small layers after it, in order.
        count: Number of identical consecutive groups.
        key: Value that is equal for identical groups.
        last_name: Name of the last of several identical groups.
    """

    name: str
    rows: tuple[tuple["Node", ...], ...]
    shape: Shape
    merge_text: str = ""
    followers: tuple[str, ...] = ()
    count: int = 1
    key: object = field(default=None, repr=False)
    last_name: str = ""


Node: TypeAlias = Block | Group
_MERGE_WORDS = {"add": "+", "multiply": "×", "concatenate": "concat with"}


def diagram_nodes(layers: Iterable[Layer], input_shape: Shape) -> tuple[Node, ...]:
    """Returns the diagram nodes of a chain of layers.

    Args:
        layers: Layers in order.
        input_shape: Input shape without the batch axis, channels last, such as (height, width, channels).

    Returns:
        Blocks and groups in order.
    """
    nodes: list[Node] = []
    layers = tuple(layers)
    padding: Layer | None = None
    for index, (layer, shape) in enumerate(zip(layers, chain_shapes(layers, input_shape), strict=False)):
        label = _follower_label(layer)
        if label is not None and nodes and padding is None:
            nodes[-1] = replace(
                nodes[-1], followers=(*nodes[-1].followers, label), key=(nodes[-1].key, _json_without_names(layer))
            )
        elif isinstance(layer, ZeroPadding) and index + 1 < len(layers) and layers[index + 1].window:
            padding = layer
        elif isinstance(layer, Composite):
            nodes.append(_group(layer, shape))
            padding = None
        else:
            nodes.append(_block(layer, shape, padding))
            padding = None
    return tuple(_merge_repeated(nodes))


def _block(layer: Layer, shape: Shape, padding: Layer | None) -> Block:
    function: str = getattr(layer, "activation", None) or "linear"
    return Block(
        name=str(layer.name),
        kind=type(layer).__name__,
        window=_window_text(layer),
        shape=layer.output_shape(shape),
        parameters=layer.trainable_parameters(shape) + layer.fixed_parameters(shape),
        followers=("padded",) * (padding is not None) + (function,) * (function != "linear"),
        key=(_json_without_names(layer), shape, padding and _json_without_names(padding)),
    )


def _window_text(layer: Layer) -> str:
    window = kernel_window(layer) if isinstance(layer, Transposed) else layer.window
    if window is None or not window.kernel:
        return ""
    steps = (("dilation", window.dilation), ("stride", window.strides))
    parts = [f", {word} {_steps_text(sizes)}" for word, sizes in steps if max(sizes, default=1) > 1]
    return shape_text(window.kernel) + "".join(parts)


def _steps_text(sizes: tuple[int, ...]) -> str:
    return str(sizes[0]) if len(set(sizes)) == 1 else shape_text(sizes)


def _group(layer: Composite, shape: Shape) -> Group:
    rows = tuple(diagram_nodes(branch, shape) for branch in layer.branches.values())
    merge: str = getattr(layer, "merge", "add")
    merge_text = f"{_MERGE_WORDS[merge]} the input" if () in rows else ""
    if isinstance(layer, Merge) and merge == "concatenate":
        merge_text = f"{merge_text or 'concat'}: {shape_text(layer.output_shape(shape))}"
    last = rows[-1][0] if isinstance(layer, Residual) and len(rows[-1]) == 1 else None
    if isinstance(last, Block):
        rows, merge_text = rows[:1], f"+ {last.kind} {last.window} of the input"
    rows = tuple(row for row in rows if row)
    group = Group(str(layer.name), rows, layer.output_shape(shape), merge_text, key=(_json_without_names(layer), shape))
    only = rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else None
    if isinstance(only, Group) and only.count == 1:  # omit a frame that holds only one other frame
        return replace(only, name=group.name, key=group.key)
    return group


def _follower_label(layer: Layer) -> str | None:
    if isinstance(layer, Activation):
        return layer.activation
    if isinstance(layer, AdvancedActivation):
        return type(layer).__name__
    if isinstance(layer, Normalization):
        return "norm"
    if isinstance(layer, Dropout):
        return f"dropout {layer.rate:g}"
    return None


def _merge_repeated(nodes: Iterable[Node]) -> list[Node]:
    """Merges consecutive nodes that are equal except for their names, and counts them."""
    merged: list[Node] = []
    for node in nodes:
        last = merged[-1] if merged else None
        if isinstance(node, Group) and isinstance(last, Group) and last.key == node.key:
            merged[-1] = replace(last, count=last.count + 1, last_name=node.name)
        elif isinstance(node, Block) and isinstance(last, Block) and last.key == node.key:
            merged[-1] = replace(last, count=last.count + 1)
        else:
            merged.append(node)
    return merged


def _json_without_names(layer: Layer) -> object:
    """Returns the layer as JSON, without its name and the names of layers inside."""
    return _without_names(layer.to_json())


def _without_names(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_names(item) for key, item in cast("Json", value).items() if key != "name"}
    return [_without_names(item) for item in cast("list[object]", value)] if isinstance(value, list) else value
