"""Nuclei one by one, beside a plain PyTorch U-Net trained on the same images for the same minutes.

    OPSIN_DATA=... python benchmarks/nuclei.py --minutes 15

The 256x256 crops of the 2018 Data Science Bowl come from fewer, larger pictures: crops whose edges go on in one another
(the best match of both edges, correlated above .9) are one group and stay in one split (70, 15, 15 %). Opsin reads one
PNG an object; the U-Net learns inside and outside, and its objects are what hangs together, as nobody told it more.
Both mirror and turn images by quarters.
Both are scored by the same code, at the full 256x256, on the test split alone.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import label

import opsin
from opsin.evaluation import Predictions, score
from opsin.tasks import Instances

SHARES = {"train": 0.7, "valid": 0.15, "test": 0.15}


def groups_of(images: np.ndarray) -> np.ndarray:
    """(n,) which images are crops of one larger picture: edges that are each other's best match, both ways across."""
    group = np.arange(len(images))
    for here, there in ((images[:, :, -1], images[:, :, 0]), (images[:, -1], images[:, 0])):
        first, second = (edge - edge.mean(1, keepdims=True) for edge in (here, there))
        alike = first @ second.T / np.outer(np.linalg.norm(first, axis=1), np.linalg.norm(second, axis=1)).clip(1e-6)
        np.fill_diagonal(alike, -1)
        for row, best in enumerate(alike.argmax(1)):
            if alike[row, best] > 0.9 and alike[:, best].argmax() == row:
                group[group == group[best]] = group[row]
    return group


def arranged(source: Path, folder: Path, seed: int) -> dict[str, int]:
    """Writes folder/objects (as the data came, by split) and folder/plain (one mask an image); images a split."""
    names = sorted(path.name for path in source.iterdir() if path.is_dir())
    grey = [np.asarray(Image.open(source / name / "images" / f"{name}.png").convert("L"), np.float32) for name in names]
    group = groups_of(np.stack(grey))
    order = np.random.default_rng(seed).permutation(np.unique(group))
    ends = np.cumsum([(group == one).sum() for one in order]) / len(names)
    split_of = dict(zip(order, np.searchsorted(np.cumsum(list(SHARES.values()))[:-1], ends - 1e-9), strict=True))
    counts = dict.fromkeys(SHARES, 0)
    for name, one in zip(names, group, strict=True):
        split = list(SHARES)[split_of[one]]
        counts[split] += 1
        shutil.copytree(source / name, folder / "objects" / split / name)
        masks = [np.asarray(Image.open(path).convert("L")) > 0 for path in (source / name / "masks").iterdir()]
        for part, pixels in (("images", None), ("masks", (np.any(masks, axis=0) * 255).astype(np.uint8))):
            place = folder / "plain" / split / part / f"{name}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            if pixels is None:
                shutil.copy(source / name / "images" / f"{name}.png", place)
            else:
                Image.fromarray(pixels).save(place)
    return counts


def plain_answers(ids: tuple[str, ...], folder: Path) -> np.ndarray:
    """(n, h, w, 2) objects that hang together where the U-Net says foreground, with their mean probability."""
    rows: list[np.ndarray] = []
    for id in ids:
        shares = np.asarray(Image.open(folder / Path(id).name), np.float64)
        number, count = label(shares > 127)
        sums = np.bincount(number.ravel(), shares.ravel(), count + 1) / np.maximum(1, np.bincount(number.ravel()))
        sums[0] = 255 - sums[0]
        rows.append(np.stack([number * 256, sums.round()[number]], 2).astype(np.int32))
    return np.stack(rows)


def main() -> None:
    """Prints both rows of scores and keeps them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        counts = arranged(Path(os.environ["OPSIN_DATA"]) / "dsb2018_nuclei" / "stage1_train", folder, told.seed)
        print(counts, flush=True)
        begun = time.monotonic()
        asked = {"minutes": told.minutes, "seed": told.seed, "rotate90": True}
        run = opsin.train(folder / "objects", **asked, out=folder / "run", say=print)
        seconds = time.monotonic() - begun
        worker = [sys.executable, str(Path(__file__).parent / "workers" / "plain_unet.py"), str(folder / "plain")]
        told_peer = ["--minutes", str(told.minutes), "--seed", str(told.seed)]
        done = subprocess.run([*worker, str(folder / "answers"), *told_peer], check=True, stdout=subprocess.PIPE)
        mine = Predictions.from_parquet(run.folder / "predictions.parquet").only("test")
        predictions = plain_answers(mine.ids, folder / "answers")
        plain = score(replace(mine, predictions=predictions), Instances(("nucleus",)))
    result = {
        "images": counts,
        "minutes": told.minutes,
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, {torch.get_num_threads()} threads",
        "versions": {"python": platform.python_version(), "torch": version("torch"), "opsin": opsin.__version__},
        "opsin": {"seconds": round(seconds, 1), **{key: value.to_json() for key, value in run.scores.items()}},
        "plain U-Net": {**json.loads(done.stdout), **{key: value.to_json() for key, value in plain.items()}},
    }
    (Path(__file__).parent / "results" / "nuclei.json").write_text(json.dumps(result, indent=2) + "\n")
    for key in ("dice", "image_dice", "iou", "ap", "ap50", "count_mae", "boundary_f"):
        print(f"{key:12} opsin {run.scores[key]}   plain U-Net {plain[key]}")


if __name__ == "__main__":
    main()
