"""A network as a flow to draw: small layers told with the large one before them, equal neighbours told once."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeAlias, cast

from opsin.core import Shape

from ..branches import Joined
from ..composites import Composite, Residual, chain_shapes
from ..layer import Json, Layer, shape_text
from ..layers.activations import Activation
from ..layers.advanced_activations import Rectifier
from ..layers.convolution import kernel_window
from ..layers.dropout import Dropout
from ..layers.normalization import Normalization
from ..layers.transposed import Transposed
from ..layers.zero_padding import ZeroPadding


@dataclass(frozen=True)
class Block:
    """One layer and what directly follows it on the same numbers, such as a normalisation and relu."""

    name: str
    kind: str
    window: str
    shape: Shape
    parameters: int
    then: tuple[str, ...] = ()
    count: int = 1
    key: object = field(default=None, repr=False)


@dataclass(frozen=True)
class Group:
    """Layers drawn in one frame, one row per branch; `plus` tells a branch in words that is too short to draw."""

    name: str
    rows: tuple[tuple["Node", ...], ...]
    shape: Shape
    plus: str = ""
    then: tuple[str, ...] = ()
    count: int = 1
    key: object = field(default=None, repr=False)
    last_name: str = ""


Node: TypeAlias = Block | Group
_JOINS = {"add": "+", "multiply": "times", "concatenate": "beside"}


def flow(layers: Iterable[Layer], input_shape: Shape) -> tuple[Node, ...]:
    """What to draw for a chain of layers."""
    nodes: list[Node] = []
    layers = tuple(layers)
    padding: Layer | None = None
    for index, (layer, shape) in enumerate(zip(layers, chain_shapes(layers, input_shape), strict=False)):
        small = _small_words(layer)
        if small is not None and nodes and padding is None:
            nodes[-1] = replace(nodes[-1], then=(*nodes[-1].then, small), key=(nodes[-1].key, _nameless(layer)))
        elif isinstance(layer, ZeroPadding) and index + 1 < len(layers) and layers[index + 1].window:
            padding = layer
        elif isinstance(layer, Composite):
            nodes.append(_group(layer, shape))
            padding = None
        else:
            nodes.append(_block(layer, shape, padding))
            padding = None
    return tuple(_told_once(nodes))


def _block(layer: Layer, shape: Shape, padding: Layer | None) -> Block:
    function: str = getattr(layer, "activation", None) or "linear"
    return Block(
        name=str(layer.name),
        kind=type(layer).__name__,
        window=_window_words(layer),
        shape=layer.output_shape(shape),
        parameters=layer.trainable_parameters(shape) + layer.fixed_parameters(shape),
        then=("padded",) * (padding is not None) + (function,) * (function != "linear"),
        key=(_nameless(layer), shape, padding and _nameless(padding)),
    )


def _window_words(layer: Layer) -> str:
    window = kernel_window(layer) if isinstance(layer, Transposed) else layer.window
    if window is None or not window.kernel:
        return ""
    steps = (("dilation", window.dilation), ("stride", window.strides))
    told = [f", {word} {_steps_text(sizes)}" for word, sizes in steps if max(sizes, default=1) > 1]
    return shape_text(window.kernel) + "".join(told)


def _steps_text(sizes: tuple[int, ...]) -> str:
    return str(sizes[0]) if len(set(sizes)) == 1 else shape_text(sizes)


def _group(layer: Composite, shape: Shape) -> Group:
    rows = tuple(flow(branch, shape) for branch in layer.branches.values())
    merge: str = getattr(layer, "merge", "add")
    plus = f"{_JOINS[merge]} the input" if () in rows else ""
    if isinstance(layer, Joined) and merge == "concatenate":
        plus = f"{'beside the input' if plus else 'side by side'}: {shape_text(layer.output_shape(shape))}"
    last = rows[-1][0] if isinstance(layer, Residual) and len(rows[-1]) == 1 else None
    if isinstance(last, Block):
        rows, plus = rows[:1], f"+ {last.kind} {last.window} of the input"
    rows = tuple(row for row in rows if row)
    group = Group(str(layer.name), rows, layer.output_shape(shape), plus, key=(_nameless(layer), shape))
    only = rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else None
    if isinstance(only, Group) and only.count == 1:  # a frame around one frame is one frame
        return replace(only, name=group.name, key=group.key)
    return group


def _small_words(layer: Layer) -> str | None:
    if isinstance(layer, Activation):
        return layer.activation
    if isinstance(layer, Rectifier):
        return type(layer).__name__
    if isinstance(layer, Normalization):
        return "norm"
    if isinstance(layer, Dropout):
        return f"dropout {layer.rate:g}"
    return None


def _told_once(nodes: Iterable[Node]) -> list[Node]:
    """Equal neighbours, names apart, as one node that says how many."""
    told: list[Node] = []
    for node in nodes:
        last = told[-1] if told else None
        if isinstance(node, Group) and isinstance(last, Group) and last.key == node.key:
            told[-1] = replace(last, count=last.count + 1, last_name=node.name)
        elif isinstance(node, Block) and isinstance(last, Block) and last.key == node.key:
            told[-1] = replace(last, count=last.count + 1)
        else:
            told.append(node)
    return told


def _nameless(layer: Layer) -> object:
    """The layer as JSON without its name and those of the layers inside."""
    return _without_names(layer.to_json())


def _without_names(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_names(item) for key, item in cast("Json", value).items() if key != "name"}
    return [_without_names(item) for item in cast("list[object]", value)] if isinstance(value, list) else value
