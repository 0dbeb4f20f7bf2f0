"""Text of `model.summary()`, with Keras's columns, widths and totals."""

import shutil
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from opsin.nn.composites import chain_shapes

from . import weights
from .console import print_safely

_WIDTH, _POSITIONS = 88, (0.45, 0.80, 1.0)
_UNITS = ("B", "KB", "MB", "GB", "TB")


class Summarized(Protocol):
    """Attributes of a model that a summary reads."""

    @property
    def name(self) -> str:
        """Name of the model."""
        ...

    @property
    def layers(self) -> Sequence[Any]:
        """The layers."""
        ...

    @property
    def built(self) -> bool:
        """True once the layers have weights."""
        ...

    @property
    def network(self) -> Any:
        """The network with the weights."""
        ...


def print_summary(
    model: Summarized,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[[str], Any] | None = None,
    show_trainable: bool = False,
) -> None:
    """Prints the summary of a model. See `LayerStack.summary` for the arguments."""
    text = summary_text(model, line_length, positions, show_trainable)
    (print_fn or print_safely)(text)


def summary_text(
    model: Summarized,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    show_trainable: bool = False,
) -> str:
    """Returns the table of layers and the totals. The optimizer's variables are included after its first step."""
    from rich.console import Console
    from rich.table import Column, Table

    titles = [("Layer (type)", "left"), ("Output Shape", "left"), ("Param #", "right")]
    edges, width = list(positions or _POSITIONS), _WIDTH
    if show_trainable:
        titles, width = [*titles, ("Trainable", "center")], width + 12
        edges = [edge * 0.9 for edge in edges] + [1.0]
    width = line_length or min(width, shutil.get_terminal_size().columns - 4)
    ends = [int(edge * width) for edge in edges]
    widths = [int(edge * width) - before for edge, before in zip(edges, [0, *ends], strict=False)]
    columns = [Column(t, justify=j, width=w) for (t, j), w in zip(titles, widths, strict=True)]  # pyright: ignore[reportArgumentType]
    table = Table(*columns, width=width, show_lines=True)
    for row in _rows(model):
        table.add_row(*row[: len(titles)])
    console = Console(highlight=False, force_terminal=False, color_system=None, markup=False, force_jupyter=False)
    with console.capture() as captured:
        console.print(f'Model: "{model.name}"')
        console.print(table)
        for title, count in _totals(model):
            console.print(f" {title} params: {count:,} ({readable_bytes(4 * count)})")
    return captured.get().rstrip("\n")


def _rows(model: Summarized) -> list[tuple[str, str, str, str]]:
    rows: list[tuple[str, str, str, str]] = []
    shapes = chain_shapes(model.network.layers, model.network.input_shape)[1:] if model.built else ()
    for index, layer in enumerate(model.layers):
        kind = type(layer).__name__ if type(layer).__name__ != "Layer" else type(layer.data).__name__
        shape = f"(None, {', '.join(map(str, shapes[index]))})" if model.built else "?"
        count = f"{layer.count_params():,}" if model.built else "0 (unbuilt)"
        trained = "-" if not layer.get_weights() else "Y" if layer.trainable else "N"
        rows.append((f"{layer.name} ({kind})", shape, count, trained))
    return rows


def _totals(model: Summarized) -> list[tuple[str, int]]:
    if not model.built:
        return [("Total", 0), ("Trainable", 0), ("Non-trainable", 0)]
    trainable, fixed = (weights.count(model.network, trainable=flag) for flag in (True, False))
    optimizer = getattr(model, "optimizer", None)
    variables = optimizer.count_params() if optimizer is not None else 0
    totals = [("Total", trainable + fixed + variables), ("Trainable", trainable), ("Non-trainable", fixed)]
    return [*totals, ("Optimizer", variables)] if variables else totals


def readable_bytes(count: float) -> str:
    """Returns a number of bytes with a unit.

    Examples:
        >>> readable_bytes(1536)
        '1.50 KB'
    """
    unit = 0
    while count >= 1024 and unit < len(_UNITS) - 1:
        count, unit = count / 1024, unit + 1
    return f"{count:.2f} {_UNITS[unit]}"
