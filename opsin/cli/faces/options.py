"""Options and arguments that the commands on faces share."""

from pathlib import Path
from typing import Annotated

import typer

GalleryFile = Annotated[
    Path, typer.Argument(metavar="GALLERY", help="Gallery file (.safetensors).", show_default=False)
]
Smallest = Annotated[
    float | None,
    typer.Option(
        min=10.0,
        metavar="PIXELS",
        help="Height of the smallest face to find. Default: 80; less in small images, more in large ones.",
        show_default=False,
    ),
]
Far = Annotated[
    float | None,
    typer.Option(
        min=1e-5,
        max=0.1,
        metavar="RATE",
        help="False-match rate: share of pairs of different people that may count as one. Default: 0.001, or that of "
        "the gallery.",
        show_default=False,
    ),
]
