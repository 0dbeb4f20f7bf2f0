"""What can be asked of a command: each option's type, its help, and its bounds."""

from pathlib import Path
from typing import Annotated

import typer

ModelFile = Annotated[Path, typer.Argument(help="A model file.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on stdout.")]
Device = Annotated[str | None, typer.Option(help="cpu, cuda, cuda:N or mps; the fastest there is.", show_default=False)]
Out = Annotated[
    Path | None, typer.Option(help="The run's folder; a new one under runs/ when left out.", show_default=False)
]
Data = Annotated[
    str | None,
    typer.Argument(
        help="A folder of class folders, or of images with boxes (COCO, YOLO, VOC) or masks; or a .csv, .npz, .json or "
        ".yaml file.",
        show_default=False,
    ),
]
Task = Annotated[
    str | None,
    typer.Option(
        help="classify, multilabel, regress, detect, segment or instances; found out when left out.",
        show_default=False,
    ),
]
Network = Annotated[
    str | None,
    typer.Option(help="A zoo name, or a .py or .json file of layers; one that suits the images.", show_default=False),
]
Epochs = Annotated[float | None, typer.Option(min=0.0, help="Passes over the training images.", show_default=False)]
Minutes = Annotated[
    float | None, typer.Option(min=0.0, help="Time for everything, from start to report.", show_default=False)
]
Size = Annotated[
    int | None, typer.Option(min=1, help="Height and width that images are brought to.", show_default=False)
]
Seed = Annotated[int, typer.Option(help="Equal seeds give equal runs.")]
Hflip = Annotated[
    bool | None,
    typer.Option(help="Augment with horizontal flips. Default: chosen from the images.", show_default=False),
]
Rotate90 = Annotated[
    bool, typer.Option("--rotate90", help="Augment with 90-degree rotations (safe for microscopy and aerial images).")
]
ClassWeights = Annotated[bool, typer.Option("--class-weights", help="Let rare classes count as much.")]
Pretrained = Annotated[
    bool | None,
    typer.Option(
        help="Start from weights learned on ImageNet; for images of classes found out when left out.",
        show_default=False,
    ),
]
Resume = Annotated[Path | None, typer.Option(help="Go on with the run in this folder.", show_default=False)]
