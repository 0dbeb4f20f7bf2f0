"""A network's layers in numbers, without running it: shapes, parameters, receptive field, cost, memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from opsin.core import Shape

from ..composites import Composite, chain_shapes
from ..layer import Layer, numel, shape_text
from ..receptive_field import IDENTITY, ReceptiveField, compose

if TYPE_CHECKING:
    from ..sequential import Sequential

_FLOAT = 4  # bytes of a float32


@dataclass(frozen=True)
class Row:
    """One layer in numbers; a composite's row holds what its parts add up to and comes before them.

    `path` is where its module lies: `network.get_submodule(row.path.replace("/", "."))`.

    `receptive_field` is how many input positions along each axis one output sees, None when it is all of them.
    `values` is how many numbers come out, `as_dense` how many parameters a Dense layer from the same input to the
    same output would have.
    """

    path: str
    kind: str
    depth: int
    is_composite: bool
    output_shape: Shape
    trainable: int
    fixed: int
    receptive_field: tuple[int, ...] | None
    multiply_adds: int
    values: int
    as_dense: int

    @property
    def name(self) -> str:
        """The layer's own name, the last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def parameters(self) -> int:
        """Trainable and fixed together."""
        return self.trainable + self.fixed

    def cells(self, details: bool = False) -> tuple[str, ...]:
        """What the table says after the layer's name, under `Summary.titles`."""
        shape = f"(None, {', '.join(map(str, self.output_shape))})"
        field = "all" if self.receptive_field is None else shape_text(self.receptive_field)
        as_dense = f"{self.as_dense:,}" if self.multiply_adds and not self.is_composite else ""
        more = (field, f"{self.multiply_adds:,}", _bytes_text(self.values * _FLOAT), as_dense)
        return (shape, f"{self.parameters:,}", *(more if details else ()))


@dataclass(frozen=True)
class Summary:
    """A network's layers in numbers, and their sums."""

    name: str
    input_shape: Shape
    rows: tuple[Row, ...]

    @property
    def trainable(self) -> int:
        """How many numbers training changes."""
        return sum(row.trainable for row in self.leaves)

    @property
    def fixed(self) -> int:
        """How many saved numbers training does not change by gradient."""
        return sum(row.fixed for row in self.leaves)

    @property
    def multiply_adds(self) -> int:
        """Multiplications with their additions that one input costs."""
        return sum(row.multiply_adds for row in self.leaves)

    @property
    def activation_bytes(self) -> int:
        """Bytes of every layer's output together for one input in float32: about what training keeps of it."""
        return _FLOAT * sum(row.values for row in self.leaves)

    @property
    def leaves(self) -> tuple[Row, ...]:
        """The rows of layers that are not made of layers."""
        return tuple(row for row in self.rows if not row.is_composite)

    def text(self, details: bool = False) -> str:
        """Keras's table; `details` adds receptive field, multiply-adds, memory and the cost of a Dense instead."""
        from rich import box
        from rich.console import Console
        from rich.table import Table

        table = Table(box=box.HEAVY_HEAD, show_lines=True)
        for index, title in enumerate(self.titles(details)):
            table.add_column(title, justify="left" if index < 2 else "right", no_wrap=True)
        for row in self.rows:
            indent = "  " * max(row.depth - 1, 0) + "└ " * bool(row.depth)
            table.add_row(f"{indent}{row.name} ({row.kind})", *row.cells(details))
        file = StringIO()
        console = Console(file=file, width=10_000, color_system=None, markup=False, highlight=False, emoji=False)
        console.print(table)
        sums = "\n".join(f" {title}: {value}" for title, value in self.totals(details))
        return f'Model: "{self.name}"\n{file.getvalue()}{sums}'

    def html(self, details: bool = False) -> str:
        """The same table for a notebook or a page, self-contained; its details are one click away, or open."""
        from .summary_html import summary_html

        return summary_html(self, details)

    def _repr_html_(self) -> str:
        return self.html()

    def titles(self, details: bool = False) -> tuple[str, ...]:
        """The table's columns."""
        more = ("Receptive field", "Multiply-adds", "Memory", "Params as Dense")
        return ("Layer (type)", "Output Shape", "Param #", *(more if details else ()))

    def totals(self, details: bool = False) -> tuple[tuple[str, str], ...]:
        """What stands below the table: titles and values."""
        counts = (("Total", self.trainable + self.fixed), ("Trainable", self.trainable), ("Non-trainable", self.fixed))
        sums = [(f"{title} params", f"{count:,} ({_bytes_text(count * _FLOAT)})") for title, count in counts]
        if details:
            sums.append(("Multiply-adds", f"{self.multiply_adds:,}"))
            sums.append(("Memory of all outputs, one input", _bytes_text(self.activation_bytes)))
        return tuple(sums)


def summarize(network: "Sequential") -> Summary:
    """The network's layers in numbers.

    >>> from opsin.nn import Conv2D, Sequential
    >>> summarize(Sequential([Conv2D(8, 3)], input_shape=(8, 8, 3), seed=0)).trainable
    224
    """
    rows = tuple(_rows(network.layers, network.input_shape, IDENTITY, "", 0))
    return Summary(network.name, network.input_shape, rows)


def _rows(layers: tuple[Layer, ...], shape: Shape, seen: ReceptiveField | None, path: str, depth: int) -> Iterator[Row]:
    for layer, before in zip(layers, chain_shapes(layers, shape), strict=False):
        here = f"{path}{layer.name}"
        seen_after = compose(seen, layer.window)
        after = layer.output_shape(before)
        yield Row(
            path=here,
            kind=type(layer).__name__,
            depth=depth,
            is_composite=isinstance(layer, Composite),
            output_shape=after,
            trainable=layer.trainable_parameters(before),
            fixed=layer.fixed_parameters(before),
            receptive_field=None if seen_after is None else seen_after.extent or (1,) * (len(before) - 1),
            multiply_adds=layer.multiply_adds(before),
            values=numel(after),
            as_dense=(numel(before) + 1) * numel(after),
        )
        if isinstance(layer, Composite):
            for name, branch in layer.branches.items():
                yield from _rows(branch, before, seen, f"{here}/{name}/" if name else f"{here}/", depth + 1)
        seen = seen_after


def _bytes_text(count: int) -> str:
    size, units = float(count), ["B", "KB", "MB", "GB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{size:.2f} {units[0]}"
