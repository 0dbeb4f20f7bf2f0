"""Overfitting test of the detector: COCO128, trained and evaluated on the same images.

    OPSIN_DATA=... python benchmarks/overfit_coco128.py --minutes 15

Images are not augmented, unless --augment is given. A check of targets, loss and decoding together; not a measure of
the quality on new images. Writes benchmarks/results/overfit_coco128.json.
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


def arrange(source: Path, folder: Path) -> None:
    """Writes a YOLO folder with the same images for training, validation and test."""
    source_config = yaml.safe_load((source / "object_detection" / "config.yaml").read_text("utf-8"))
    for split in ("train", "val", "test"):
        shutil.copytree(source / "images" / "train2017", folder / "images" / split)
        shutil.copytree(source / "object_detection" / "labels" / "train2017", folder / "labels" / split)
    config = {
        "path": ".",
        **{split: f"images/{split}" for split in ("train", "val", "test")},
        "names": source_config["names"],
    }
    (folder / "data.yaml").write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")


def without_augmentation(recipe: Recipe) -> Recipe:
    """Returns the recipe without augmentation."""
    return replace(recipe, augmentation=Augmentation())


def main() -> None:
    """Prints and saves the metrics on the training images."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--augment", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        arrange(Path(os.environ["OPSIN_DATA"]) / "coco128", folder / "data")
        begun = time.monotonic()
        arguments: dict[str, Any] = {
            "minutes": options.minutes,
            "size": options.size,
            "hflip": False,
            "out": folder / "run",
        }
        run = opsin.train(
            folder / "data", **arguments, recipe=None if options.augment else without_augmentation, say=print
        )
        seconds = time.monotonic() - begun
    for key in ("ap", "ap50", "count_mae"):
        print(key, run.scores[key])
    scores = {key: value.to_json() for key, value in run.scores.items()}
    settings = {
        "minutes": options.minutes,
        "size": options.size,
        "augment": options.augment,
        "seconds": round(seconds, 1),
    }
    record("overfit_coco128" + ("-augmented" if options.augment else ""), {**settings, **scores})


if __name__ == "__main__":
    main()
