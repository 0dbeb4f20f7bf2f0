"""Whether the detector can learn 128 crowded photographs by heart: COCO128, trained and scored on the same images.

    OPSIN_DATA=... python benchmarks/overfit_coco128.py --minutes 15

Nothing is moved, scaled or lit otherwise from one time to the next, unless --augment says so. A sanity check of the
targets, the loss and the decoding together, and no measure of how good the detector is on new images. Writes
benchmarks/results/overfit_coco128.json.
"""

import argparse
import os
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from interleaved import record

import opsin
from opsin.data import Augmentation
from opsin.training import Recipe


def arranged(source: Path, folder: Path) -> None:
    """A YOLO folder of which training, validation and test images are the same."""
    described = yaml.safe_load((source / "object_detection" / "config.yaml").read_text("utf-8"))
    for split in ("train", "val", "test"):
        shutil.copytree(source / "images" / "train2017", folder / "images" / split)
        shutil.copytree(source / "object_detection" / "labels" / "train2017", folder / "labels" / split)
    told = {
        "path": ".",
        **{split: f"images/{split}" for split in ("train", "val", "test")},
        "names": described["names"],
    }
    (folder / "data.yaml").write_text(yaml.safe_dump(told, sort_keys=False), "utf-8")


def unchanged(recipe: Recipe) -> Recipe:
    """The recipe, with images as they are."""
    return replace(recipe, augmentation=Augmentation())


def main() -> None:
    """Prints the scores on the training images and keeps them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--augment", action="store_true")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        arranged(Path(os.environ["OPSIN_DATA"]) / "coco128", folder / "data")
        begun = time.monotonic()
        asked: dict[str, Any] = {"minutes": told.minutes, "size": told.size, "mirror": False, "out": folder / "run"}
        run = opsin.train(folder / "data", **asked, recipe=None if told.augment else unchanged, say=print)
        seconds = time.monotonic() - begun
    for key in ("ap", "ap50", "count_mae"):
        print(key, run.scores[key])
    scores = {key: value.to_json() for key, value in run.scores.items()}
    how = {"minutes": told.minutes, "size": told.size, "augment": told.augment, "seconds": round(seconds, 1)}
    record("overfit_coco128" + ("-augmented" if told.augment else ""), {**how, **scores})


if __name__ == "__main__":
    main()
