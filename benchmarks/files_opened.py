"""Counts the files of Opsin whose code runs in one prediction of a path and in one training step.

The smaller the number, the fewer files a reader opens to follow an image through the library. Layers of the network
itself (`opsin/nn/layers`) are not counted: they are its content. Usage: python benchmarks/files_opened.py
"""

import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from PIL import Image

import opsin
from opsin.api.run_record import read_record
from opsin.core import silent
from opsin.training import Trainer

ROOT = Path(opsin.__file__).parent


def files_of(call: Callable[[], object]) -> list[str]:
    """Returns the files of Opsin in which a function is called, relative to the package."""
    found: set[str] = set()

    def look(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(str(ROOT)):
            found.add(str(Path(frame.f_code.co_filename).relative_to(ROOT)))

    threading.setprofile(look)
    sys.setprofile(look)
    try:
        call()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return sorted(name for name in found if not name.startswith("nn/layers/"))


def measured(folder: Path) -> dict[str, list[str]]:
    """Trains a small classifier on random images; returns the files of a prediction and of a training step."""
    random = np.random.default_rng(0)
    for name in ("a", "b"):
        (folder / "data" / name).mkdir(parents=True)
        for number in range(30):
            pixels = random.integers(0, 256, (32, 32, 3), np.uint8)
            Image.fromarray(pixels).save(folder / "data" / name / f"{number}.png")
    run = opsin.train(folder / "data", epochs=1, out=folder / "run", model="simple", pretrained=False, device="cpu")
    model, path = opsin.load(run.model, "cpu"), folder / "data" / "a" / "0.png"
    model.predict(path)
    plan, _ = read_record(run.folder, None, silent)
    trainer = Trainer(plan.job, lambda stage, done, total, note="": None)
    trainer.stepper.step(plan.job.batches.batch(0), 0, 1.0)
    return {
        "prediction": files_of(lambda: model.predict(path)),
        "training step": files_of(lambda: trainer._train_step(plan.job.batches.batch(1))),
    }


def main() -> None:
    """Prints the files."""
    with tempfile.TemporaryDirectory() as name:
        for what, files in measured(Path(name)).items():
            print(f"{what}: {len(files)} files")
            for file in files:
                print(f"  {file}")


if __name__ == "__main__":
    main()
