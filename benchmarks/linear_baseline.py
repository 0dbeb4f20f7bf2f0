"""Networks of `opsin train` next to a linear model on the packaged pretrained features, on the same test split.

    OPSIN_DATA=... python benchmarks/linear_baseline.py --minutes 1 cifar fashion pneumonia fat lfw positions

Prints one row a data set: the main score of the run, of the linear model and of the baseline that ignores the image.
The linear model is the one of the run itself; boxes and masks (`bccd`, `nuclei`) have none.
`fat` are counts of fat cells, `lfw` names of people with 20 photographs or more, `positions` the position of the face
in crops of photographs. Nothing is chosen on the test split.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from adipocyte import read_labels
from nuclei import arrange
from PIL import Image

MAIN = ("accuracy", "mae", "ap")
CROP, POSITIONS = 100, 2000


def fat_cells(data: Path, out: Path) -> Path:
    """Writes the images of fat cells with a table of their counts."""
    rows = read_labels(data / "countception_other" / "adipocyte_data")
    names = [Path(shutil.copy(path, out)).name for path in rows["path"]]
    rows.with_columns(pl.Series("path", names)).write_csv(out / "counts.csv")
    return out / "counts.csv"


def lfw_names(data: Path, out: Path) -> Path:
    """Copies the people with 20 photographs or more."""
    for person in sorted((data / "lfw" / "images").iterdir()):
        if len(list(person.glob("*.jpg"))) >= 20:
            shutil.copytree(person, out / person.name)
    return out


def face_positions(data: Path, out: Path) -> Path:
    """Cuts crops at random places out of photographs whose middle is a face; its position in pixels is the target."""
    generator, rows = np.random.default_rng(0), list[dict[str, object]]()
    paths = sorted((data / "lfw" / "images").rglob("*.jpg"))
    for number in generator.permutation(len(paths))[:POSITIONS].tolist():
        pixels = np.asarray(Image.open(paths[number]).convert("RGB"))
        high, wide = (int(side) for side in pixels.shape[:2])
        top, left = generator.integers(0, (high - CROP + 1, wide - CROP + 1)).tolist()
        name = f"{number:05d}.png"
        Image.fromarray(pixels[top : top + CROP, left : left + CROP]).save(out / name)
        rows.append({"path": name, "y": high / 2 - top, "x": wide / 2 - left})
    pl.DataFrame(rows).write_csv(out / "positions.csv")
    return out / "positions.csv"


def nuclei(data: Path, out: Path) -> Path:
    """Writes the images of nuclei by split, crops of one larger image in the same one."""
    arrange(data / "dsb2018_nuclei" / "stage1_train", out, 0)
    return out / "objects"


SETS: dict[str, Callable[[Path, Path], Path]] = {
    "cifar": lambda data, out: data / "cifar10_jpeg",
    "fashion": lambda data, out: data / "fashion_mnist_png" / "fashion_mnist_images",
    "pneumonia": lambda data, out: data / "pneumoniamnist.npz",
    "fat": fat_cells,
    "lfw": lfw_names,
    "positions": face_positions,
    "bccd": lambda data, out: data / "bccd" / "BCCD",
    "nuclei": nuclei,
}


def main() -> None:
    """Trains on each data set in turn, and prints a row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=sorted(SETS))
    parser.add_argument("--minutes", default="1")
    options = parser.parse_args()
    print(f"{'data':12}{'score':10}{'network':>28}{'linear model':>28}{'baseline':>10}{'seconds':>9}")
    for name in options.names:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "data"
            out.mkdir()
            source = SETS[name](Path(os.environ["OPSIN_DATA"]), out)
            command = [sys.executable, "-m", "opsin", "train", str(source), "--minutes", options.minutes, "--json"]
            ended = subprocess.run([*command, "--out", f"{folder}/run"], capture_output=True, text=True)
        if ended.returncode:
            print(f"{name:12}{ended.stderr.strip().splitlines()[-1]}", flush=True)
            continue
        run = json.loads(ended.stdout)
        main_score = next(score for score in MAIN if score in run["scores"])
        cells = [_cell(run[part].get(main_score)) for part in ("scores", "linear_baseline")]
        constant = run["baseline"][main_score]["value"]
        print(f"{name:12}{main_score:10}{cells[0]:>28}{cells[1]:>28}{constant:10.3f}{run['seconds']:9.0f}", flush=True)
        chosen = ("weights: ", "flipped", "linear model on")
        print(*(f"  {line}" for line in ended.stderr.splitlines() if any(w in line for w in chosen)), sep="\n")


def _cell(score: dict[str, float] | None) -> str:
    return "" if score is None else f"{score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f})"


if __name__ == "__main__":
    main()
