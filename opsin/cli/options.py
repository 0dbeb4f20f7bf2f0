"""Command-line options that several commands share: type, help text and bounds of each."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from .config import read_config


def _numbers(text: str | None, count: int, option: str, example: str) -> tuple[float, ...] | None:
    """Returns the numbers of an option; raises BadParameter if they are not as many as expected."""
    if text is None:
        return None
    try:
        found = tuple(float(part) for part in str(text).strip("[]() ").split(","))
    except ValueError:
        found = ()
    if len(found) != count:
        raise typer.BadParameter(f"{text} is not {count} numbers. Expected {example}.", param_hint=option)
    return found


def _three_numbers(text: str | None) -> tuple[float, ...] | None:
    return _numbers(text, 3, "--spacing", "1,1,1")


def _two_numbers(text: str | None) -> tuple[float, ...] | None:
    return _numbers(text, 2, "--window", "-160,240")


ModelFile = Annotated[Path, typer.Argument(metavar="MODEL", help="Model file (.safetensors).", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, and nothing else.")]
Device = Annotated[
    str | None,
    typer.Option(
        metavar="DEVICE",
        help="Device: cpu, cuda, cuda:N or mps. Default: the fastest one available.",
        show_default=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Run folder. Default: a new folder in runs/.", show_default=False),
]
Data = Annotated[
    str | None,
    typer.Argument(
        metavar="DATA",
        help="Folder with one subfolder per class, or with images and bounding boxes (COCO, YOLO, Pascal VOC) or "
        "masks; or a .csv, .npz, .json or .yaml file.",
        show_default=False,
    ),
]


def require_data(data: str | None) -> str:
    """Returns DATA; raises BadParameter when it is missing."""
    if data is None:
        raise typer.BadParameter(
            "DATA is missing. Expected a folder of images, or a file that lists them.", param_hint="DATA"
        )
    return data


def _print_formats(requested: bool) -> None:
    """Prints each format of data sets with an example, and ends the command."""
    if not requested:
        return
    from opsin.data.formats.catalogue import FORMATS

    for known in FORMATS:
        for line, text in enumerate((known.target, *known.layout)):
            print(f"{known.name if line == 0 else '':<16}{text}")
        print()
    print("A .csv, .npz, .json or .yaml file may be named instead of its folder.")
    raise typer.Exit


Formats = Annotated[
    bool,
    typer.Option(
        "--formats",
        callback=_print_formats,
        is_eager=True,
        help="List the formats of data sets, each with an example, and exit.",
    ),
]
Task = Annotated[
    str | None,
    typer.Option(
        metavar="TASK",
        help="Task: classify, multilabel, regress, detect, segment, instances or embed. "
        "Default: inferred from the labels.",
        show_default=False,
    ),
]
Labels = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMNS",
        help="Columns of a table that hold the targets, with commas between them. Default: recognised by their names.",
        show_default=False,
    ),
]
Network = Annotated[
    str | None,
    typer.Option(
        metavar="NETWORK",
        help="Network: a zoo name such as resnet18, or a .py or .json file of layers. "
        "Default: chosen by the size and number of the images.",
        show_default=False,
    ),
]
Epochs = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        metavar="N",
        help="Number of passes over the training images. Default: chosen by the number of images.",
        show_default=False,
    ),
]
Minutes = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        metavar="MINUTES",
        help="Time limit for the whole command, from start to report.",
        show_default=False,
    ),
]
Size = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="PIXELS",
        help="Input height and width of the network. Default: chosen by the size of the images.",
        show_default=False,
    ),
]
Seed = Annotated[
    int, typer.Option(metavar="N", help="Random seed. The same seed gives the same run on the same device.")
]
Hflip = Annotated[
    bool | None,
    typer.Option(help="Augment with horizontal flips. Default: chosen by a test on the images.", show_default=False),
]
Rotate90 = Annotated[
    bool, typer.Option("--rotate90", help="Augment with 90-degree rotations (safe for microscopy and aerial images).")
]
ClassWeights = Annotated[bool, typer.Option("--class-weights", help="Weight the loss by inverse class frequency.")]
Pretrained = Annotated[
    bool | None,
    typer.Option(
        help="Start from ImageNet weights. Default: for classification of colour images, chosen by a test on them.",
        show_default=False,
    ),
]
Batch = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="Images per step. Default: chosen by number and size of the images.",
        show_default=False,
    ),
]
LearningRate = Annotated[
    float | None,
    typer.Option(
        "--lr",
        min=0.0,
        metavar="RATE",
        help="Peak learning rate of AdamW; that of Muon changes alike. Default: chosen by batch and steps.",
        show_default=False,
    ),
]
Augment = Annotated[
    Literal["none", "light", "strong"] | None,
    typer.Option(
        metavar="LEVEL",
        help="Augmentation: none, light or strong. Default: chosen by task and number of epochs.",
        show_default=False,
    ),
]
Patience = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="N",
        help="Stop after N validations without a better score; 0 never stops early. Default: 15, and 0 with --minutes.",
        show_default=False,
    ),
]
Workers = Annotated[
    int, typer.Option(min=1, metavar="N", help="Threads that prepare batches. The result does not depend on them.")
]
Spacing = Annotated[
    str | None,
    typer.Option(
        metavar="MM,MM,MM",
        help="Resample volumes to this distance of voxels, to superior, anterior and right. Default: their median.",
        show_default=False,
        callback=_three_numbers,
    ),
]
Window = Annotated[
    str | None,
    typer.Option(
        metavar="LOW,HIGH",
        help="Values of volumes that become black and white. Default: chosen for CT; z-score for other volumes.",
        show_default=False,
        callback=_two_numbers,
    ),
]
Resume = Annotated[
    Path | None, typer.Option(metavar="RUN", help="Resume the interrupted run in this folder.", show_default=False)
]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Read DATA and options from a YAML file, such as the args.yaml of a run. Options on the command line win.",
        show_default=False,
        is_eager=True,
        callback=read_config,
    ),
]
Images = Annotated[
    list[str],
    typer.Argument(
        metavar="IMAGES",
        help="Images, videos, folders, quoted glob patterns, .txt lists of paths, http(s) URLs, or - for stdin.",
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Output: a .csv, .jsonl or .parquet file; for boxes and masks also a COCO .json file or a folder. "
        "Default: JSON lines on stdout.",
        show_default=False,
    ),
]
Save = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="Save pictures and videos with the predictions drawn on them.", show_default=False
    ),
]
Tiles = Annotated[
    bool | None,
    typer.Option(
        help="Predict on overlapping tiles. Default: for images more than twice as large as the training images.",
        show_default=False,
    ),
]
Confidence = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        max=1.0,
        metavar="CONFIDENCE",
        help="Minimum confidence for boxes and objects. Default: the threshold chosen on the validation set.",
        show_default=False,
    ),
]
