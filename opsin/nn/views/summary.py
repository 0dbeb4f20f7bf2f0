"""Tables of a network's layers, computed without running it: shapes, parameters, receptive field, cost, memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

from opsin.core import Shape

from ..composites import Composite, chain_shapes
from ..layer import Layer, Layered, numel, shape_text
from ..receptive_field import IDENTITY, ReceptiveField, compose
from .summary_html import summary_html

_FLOAT = 4  # bytes of a float32
_DETAILS_WIDTH = 80
_SHORT_TITLES = (
    "Layer (type)",
    "Output",
    "Param #",
    "Receptive\nfield",
    "Multiply-\nadds",
    "Memory",
    "Params\nas Dense",
)


@dataclass(frozen=True)
class Row:
    """One layer of a summary. The row of a composite layer precedes those of its parts and holds their sums.

    The module of a row is `network.get_submodule(row.path.replace("/", "."))`.

    Args:
        path: Names from the outermost layer to this one, joined by /.
        kind: Class name of the layer.
        depth: Nesting depth; 0 for layers of the network itself.
        is_composite: True if the layer contains layers.
        output_shape: Output shape without the batch axis, channels last.
        trainable: Number of trainable parameters.
        fixed: Number of non-trainable parameters.
        receptive_field: Input positions per axis that one output depends on; None for the whole input.
        strides: Input positions per axis between the windows of neighbouring outputs, a fraction after upsampling; None
            for the whole input.
        multiply_adds: Multiply-add operations with weights for one input.
        values: Number of output values for one input.
        as_dense: Number of parameters of a Dense layer with the same input and output.
    """

    path: str
    kind: str
    depth: int
    is_composite: bool
    output_shape: Shape
    trainable: int
    fixed: int
    receptive_field: tuple[int, ...] | None
    strides: tuple[float, ...] | None
    multiply_adds: int
    values: int
    as_dense: int

    @property
    def name(self) -> str:
        """Returns the name of the layer, the last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def parameters(self) -> int:
        """Returns the number of parameters, trainable or not."""
        return self.trainable + self.fixed

    def cells(self, details: bool = False) -> tuple[str, ...]:
        """Returns the table cells after the layer's name, in the order of `Summary.titles`.

        Args:
            details: Add receptive field, multiply-adds, memory and parameters as Dense.

        Returns:
            The formatted values.
        """
        shape = f"(None, {', '.join(map(str, self.output_shape))})"
        field = "all" if self.receptive_field is None else shape_text(self.receptive_field)
        as_dense = f"{self.as_dense:,}" if self.multiply_adds and not self.is_composite else ""
        more = (field, f"{self.multiply_adds:,}", _bytes_text(self.values * _FLOAT), as_dense)
        return (shape, f"{self.parameters:,}", *(more if details else ()))

    def short_cells(self) -> tuple[str, ...]:
        """Returns the cells with details, large numbers rounded; the kind is given if the name differs from it."""
        name = self.name if _is_named_by_kind(self.name, self.kind) else f"{self.name} ({self.kind})"
        field = "all" if self.receptive_field is None else shape_text(self.receptive_field)
        dense = _count_text(self.as_dense) if self.multiply_adds and not self.is_composite else ""
        memory = _bytes_text(self.values * _FLOAT, digits=0 if self.values * _FLOAT < 1024**2 else 1)
        counts = (_count_text(self.parameters), field, _count_text(self.multiply_adds), memory, dense)
        return (name, shape_text(self.output_shape), *counts)


@dataclass(frozen=True)
class Summary:
    """The layers of a network with shapes, parameters and cost, and the totals.

    Args:
        name: Name of the network.
        input_shape: Input shape without the batch axis, channels last.
        rows: One row per layer; a composite layer precedes its parts.
    """

    name: str
    input_shape: Shape
    rows: tuple[Row, ...]

    @property
    def trainable(self) -> int:
        """Returns the number of trainable parameters."""
        return sum(row.trainable for row in self.leaves)

    @property
    def fixed(self) -> int:
        """Returns the number of non-trainable parameters."""
        return sum(row.fixed for row in self.leaves)

    @property
    def multiply_adds(self) -> int:
        """Returns the number of multiply-add operations for one input."""
        return sum(row.multiply_adds for row in self.leaves)

    @property
    def activation_bytes(self) -> int:
        """Returns the bytes of all layer outputs for one float32 input: about what training stores per sample."""
        return _FLOAT * sum(row.values for row in self.leaves)

    @property
    def leaves(self) -> tuple[Row, ...]:
        """Returns the rows of layers that contain no layers."""
        return tuple(row for row in self.rows if not row.is_composite)

    def text(self, details: bool = False) -> str:
        """Returns the summary as text, formatted as in Keras; with details in 80 columns.

        Args:
            details: Add receptive field, multiply-adds, memory and parameters as Dense; large numbers are rounded.

        Returns:
            The table and the totals.
        """
        from rich import box
        from rich.console import Console
        from rich.table import Table

        if details:
            table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
        else:
            table = Table(box=box.HEAVY_HEAD, show_lines=True)
        for index, title in enumerate(_SHORT_TITLES if details else self.titles()):
            wrapped = details and index == 0
            table.add_column(title, justify="left" if index < 2 else "right", no_wrap=not wrapped, overflow="fold")
        for row in self.rows:
            indent = "  " * max(row.depth - 1, 0) + ("└" if details else "└ ") * bool(row.depth)
            first, *cells = row.short_cells() if details else (f"{row.name} ({row.kind})", *row.cells())
            table.add_row(f"{indent}{first}", *cells)
        file, width = StringIO(), _DETAILS_WIDTH if details else 10_000
        console = Console(  # in a notebook rich would print into the cell instead of the file
            file=file, width=width, color_system=None, markup=False, highlight=False, emoji=False, force_jupyter=False
        )
        console.print(table)
        sums = "\n".join(f" {title}: {value}" for title, value in self.totals(details))
        return f'Model: "{self.name}"\n{file.getvalue()}{sums}'

    def html(self, details: bool = False) -> str:
        """Returns the summary as self-contained HTML for notebooks and pages.

        Args:
            details: Show the detail columns initially. They can be toggled on the page.

        Returns:
            An HTML fragment with its style.
        """
        return summary_html(self, details)

    def _repr_html_(self) -> str:
        return self.html()

    def titles(self, details: bool = False) -> tuple[str, ...]:
        """Returns the column titles.

        Args:
            details: Include the detail columns.

        Returns:
            One title per column.
        """
        more = ("Receptive field", "Multiply-adds", "Memory", "Params as Dense")
        return ("Layer (type)", "Output Shape", "Param #", *(more if details else ()))

    def totals(self, details: bool = False) -> tuple[tuple[str, str], ...]:
        """Returns the lines below the table.

        Args:
            details: Include multiply-adds and memory.

        Returns:
            Pairs (title, value).
        """
        counts = (("Total", self.trainable + self.fixed), ("Trainable", self.trainable), ("Non-trainable", self.fixed))
        sums = [(f"{title} params", f"{count:,} ({_bytes_text(count * _FLOAT)})") for title, count in counts]
        if details:
            sums.append(("Multiply-adds", f"{self.multiply_adds:,}"))
            sums.append(("Memory of all outputs, one input", _bytes_text(self.activation_bytes)))
        return tuple(sums)


def summarize(network: Layered) -> Summary:
    """Computes the summary of a network without running it.

    Args:
        network: The network.

    Returns:
        The summary.

    Examples:
        >>> from opsin.nn import Conv2D, Sequential
        >>> summarize(Sequential([Conv2D(8, 3)], input_shape=(8, 8, 3), seed=0)).trainable
        224
    """
    rows = tuple(_rows(network.layers, network.input_shape, IDENTITY, "", 0))
    return Summary(network.name, network.input_shape, rows)


def _rows(
    layers: tuple[Layer, ...], shape: Shape, field: ReceptiveField | None, path: str, depth: int
) -> Iterator[Row]:
    for layer, before in zip(layers, chain_shapes(layers, shape), strict=False):
        here = f"{path}{layer.name}"
        field_after = compose(field, layer.window)
        after = layer.output_shape(before)
        yield Row(
            path=here,
            kind=type(layer).__name__,
            depth=depth,
            is_composite=isinstance(layer, Composite),
            output_shape=after,
            trainable=layer.trainable_parameters(before),
            fixed=layer.fixed_parameters(before),
            receptive_field=None if field_after is None else field_after.extent or (1,) * (len(before) - 1),
            strides=_strides(field_after, len(before) - 1),
            multiply_adds=layer.multiply_adds(before),
            values=numel(after),
            as_dense=(numel(before) + 1) * numel(after),
        )
        if isinstance(layer, Composite):
            for name, branch in layer.branches.items():
                yield from _rows(branch, before, field, f"{here}/{name}/" if name else f"{here}/", depth + 1)
        field = field_after


def _strides(field: ReceptiveField | None, axes: int) -> tuple[float, ...] | None:
    if field is None:
        return None
    if not field.kernel:
        return (1.0,) * axes
    upsampling = field.upsampling or (1,) * len(field.strides)
    return tuple(stride / factor for stride, factor in zip(field.strides, upsampling, strict=True))


def _is_named_by_kind(name: str, kind: str) -> bool:
    """Returns True for the names that layers get by default, such as conv2d_1 of a Conv2D."""
    plain = name.rstrip("0123456789").rstrip("_") if name.rpartition("_")[2].isdigit() else name
    return plain.replace("_", "") == kind.lower()


def _count_text(count: int) -> str:
    """Returns a count in at most seven characters: 9,408 or 1.07 G."""
    size, units = float(count), ["", "M", "G", "T", "P"]
    if count < 1_000_000:
        return f"{count:,}"
    size /= 1000
    while size >= 999.5 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f"{size:.3g} {units[0]}"


def _bytes_text(count: int, digits: int = 2) -> str:
    size, units = float(count), ["B", "KB", "MB", "GB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{size:.{digits}f} {units[0]}"
