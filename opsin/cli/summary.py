"""`opsin summary`: a network's layers in numbers."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import options
from .output import print_json

if TYPE_CHECKING:
    from opsin.nn import Sequential, Summary

SIZE, CHANNELS, CLASSES = 64, 3, 10
FLOW_WIDTH = 960
"""Eight layers in a line, as wide as a page of a paper."""


def summary(
    model: Annotated[str, typer.Argument(help="A model file, or a zoo name such as resnet18; unknown ones list all.")],
    input_size: Annotated[
        int | None, typer.Option(min=1, help=f"Height and width, for a zoo name ({SIZE}).", show_default=False)
    ] = None,
    channels: Annotated[
        int | None, typer.Option(min=1, help=f"Channels, for a zoo name ({CHANNELS}).", show_default=False)
    ] = None,
    classes: Annotated[
        int | None, typer.Option(min=1, help=f"Outputs, for a zoo name ({CLASSES}).", show_default=False)
    ] = None,
    details: Annotated[bool, typer.Option("--details", help="Add receptive field, multiply-adds and memory.")] = False,
    flow: Annotated[
        Path | None, typer.Option(help="Also draw the network into this .svg file.", show_default=False)
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Shows the layers of a model or zoo network: shapes, parameters, receptive field, cost."""
    from opsin import nn

    if _is_file(model):
        if (input_size, channels, classes) != (None, None, None):
            raise typer.BadParameter(
                "--input-size, --channels and --classes are for zoo names; a file says its own", param_hint="MODEL"
            )
        from opsin import api

        network = api.load(model, "cpu").network
    else:
        network = _from_zoo(model, input_size or SIZE, channels or CHANNELS, classes or CLASSES)
    if flow is not None:
        from opsin.core import write_text

        write_text(flow, nn.flow_svg(network, width=FLOW_WIDTH))
    summed = nn.summarize(network)
    if as_json:
        print_json(_as_json(summed))
    else:
        print(summed.text(details))


def _is_file(model: str) -> bool:
    return Path(model).suffix != "" or Path(model).exists()


def _from_zoo(name: str, size: int, channels: int, classes: int) -> "Sequential":
    from opsin import zoo

    return zoo.create(name, (size, size, channels), classes, seed=0)


def _as_json(summed: "Summary") -> dict[str, object]:
    return {
        "name": summed.name,
        "input_shape": summed.input_shape,
        "parameters": summed.trainable + summed.fixed,
        "trainable": summed.trainable,
        "multiply_adds": summed.multiply_adds,
        "activation_bytes": summed.activation_bytes,
        "layers": [asdict(row) for row in summed.rows],
    }
