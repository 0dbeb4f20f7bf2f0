"""`opsin summary`: table of a network's layers."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import options
from .output import print_json

if TYPE_CHECKING:
    from opsin.nn import Sequential, Summary

SIZE, CHANNELS, CLASSES = 64, 3, 10
DIAGRAM_WIDTH = 960
"""Width of the diagram in pixels; fits eight layers in a row."""


def summary(
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL", help="Model file, or a zoo name such as resnet18 (an unknown name lists all)."),
    ],
    input_size: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="PIXELS",
            help=f"Input height and width, for a zoo name. Default: {SIZE}.",
            show_default=False,
        ),
    ] = None,
    channels: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help=f"Input channels, for a zoo name. Default: {CHANNELS}.", show_default=False
        ),
    ] = None,
    classes: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help=f"Output units, for a zoo name. Default: {CLASSES}.", show_default=False),
    ] = None,
    details: Annotated[
        bool, typer.Option("--details", help="Add columns: receptive field, multiply-adds and memory.")
    ] = False,
    flow: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw a diagram of the network to this .svg file.", show_default=False),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Shows the layers of a network with their shapes and cost."""
    from opsin import nn

    if _is_file(model):
        if (input_size, channels, classes) != (None, None, None):
            raise typer.BadParameter(
                "--input-size, --channels and --classes apply only to zoo names. Fix: remove them for a model file.",
                param_hint="MODEL",
            )
        from opsin import api

        network = api.load(model, "cpu").network
    else:
        network = _from_zoo(model, input_size or SIZE, channels or CHANNELS, classes or CLASSES)
    if flow is not None:
        from opsin.core import write_text

        write_text(flow, nn.diagram_svg(network, width=DIAGRAM_WIDTH))
    table = nn.summarize(network)
    if as_json:
        print_json(_as_json(table))
    else:
        print(table.text(details))


def _is_file(model: str) -> bool:
    return Path(model).suffix != "" or Path(model).exists()


def _from_zoo(name: str, size: int, channels: int, classes: int) -> "Sequential":
    from opsin import zoo

    return zoo.create(name, (size, size, channels), classes, seed=0)


def _as_json(table: "Summary") -> dict[str, object]:
    return {
        "name": table.name,
        "input_shape": table.input_shape,
        "parameters": table.trainable + table.fixed,
        "trainable": table.trainable,
        "multiply_adds": table.multiply_adds,
        "activation_bytes": table.activation_bytes,
        "layers": [asdict(row) for row in table.rows],
    }
