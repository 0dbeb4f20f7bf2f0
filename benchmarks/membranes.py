"""Cell membranes in 5 folds, beside a plain PyTorch U-Net trained on the same images for the same minutes.

    OPSIN_DATA=... python benchmarks/membranes.py --minutes 1.5

The 30 pictures (ISBI 2012) are slices of one block, so that neighbours are alike: a fold is 6 slices in a row, and the
4 after it (in a circle) choose among checkpoints. Every slice is answered by networks that learned from the other 20;
both are scored by the same code over all 30. Opsin and the U-Net mirror and turn images by quarters. The U-Net takes
batches of 2: with 8 it had too few steps in the time to learn anything.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import opsin
from opsin.evaluation import Predictions, score
from opsin.tasks import Segment

NAMES = ("membrane", "cell")
FOLD, CHOOSING = 6, 4


def split_of(place: int, first: int, count: int) -> str:
    """Where a slice stands in the fold that begins at `first`."""
    after = (place - first) % count
    return "test" if after < FOLD else "valid" if after < FOLD + CHOOSING else "train"


def arranged(source: Path, folder: Path, first: int) -> None:
    """Writes folder/<split>/images and masks, and the names of the classes."""
    names = sorted((path.name for path in (source / "image").iterdir()), key=lambda name: int(Path(name).stem))
    for place, name in enumerate(names):
        split = split_of(place, first, len(names))
        for part, inner in (("image", "images"), ("label", "masks")):
            path = folder / split / inner / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / part / name, path)
    (folder / "classes.txt").write_text("\n".join(NAMES) + "\n")


def plain_answers(ids: tuple[str, ...], folder: Path) -> np.ndarray:
    """(n, h, w, 2) the likelier class and its probability x 255."""
    shares = np.stack([np.asarray(Image.open(folder / Path(id).name), np.uint8) for id in ids])
    cell = shares > 127
    return np.stack([cell.astype(np.uint8), np.where(cell, shares, 255 - shares)], 3)


def main() -> None:
    """Prints both rows of scores and keeps them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.5)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    source = Path(os.environ["OPSIN_DATA"]) / "isbi_membrane" / "data" / "membrane" / "train"
    parts: list[Predictions] = []
    plain: list[np.ndarray] = []
    for first in range(0, 30, FOLD):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            arranged(source, folder / "data", first)
            data = folder / "data"
            run = opsin.train(data, minutes=told.minutes, seed=told.seed, rotate90=True, out=folder / "run", say=print)
            parts.append(Predictions.from_parquet(run.folder / "predictions.parquet").only("test"))
            worker = [sys.executable, str(Path(__file__).parent / "workers" / "plain_unet.py"), str(data)]
            asked = ["--minutes", str(told.minutes), "--seed", str(told.seed), "--batch", "2"]
            subprocess.run([*worker, str(folder / "answers"), *asked], check=True, stdout=subprocess.PIPE)
            plain.append(plain_answers(parts[-1].ids, folder / "answers"))
            print(f"slices {first} to {first + FOLD - 1}: iou {run.scores['iou']}", flush=True)
    ids = tuple(f"{fold}/{id}" for fold, part in enumerate(parts) for id in part.ids)
    targets = np.concatenate([part.targets for part in parts])
    both = {"opsin": np.concatenate([part.predictions for part in parts]), "plain U-Net": np.concatenate(plain)}
    scores = {
        name: score(Predictions(ids, np.array(ids), np.full(len(ids), "test"), targets, predictions), Segment(NAMES))
        for name, predictions in both.items()
    }
    result = {
        "minutes": told.minutes,
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, {torch.get_num_threads()} threads",
        "versions": {"python": platform.python_version(), "torch": version("torch"), "opsin": opsin.__version__},
        **{name: {key: value.to_json() for key, value in found.items()} for name, found in scores.items()},
    }
    (Path(__file__).parent / "results" / "membranes.json").write_text(json.dumps(result, indent=2) + "\n")
    for key in scores["opsin"]:
        print(f"{key:16} opsin {scores['opsin'][key]}   plain U-Net {scores['plain U-Net'][key]}")


if __name__ == "__main__":
    main()
