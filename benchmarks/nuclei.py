"""Instance segmentation of nuclei, compared with a plain PyTorch U-Net trained on the same images for the same time.

    OPSIN_DATA=... python benchmarks/nuclei.py --minutes 15

The 256x256 crops of the 2018 Data Science Bowl come from fewer, larger images: crops whose edges continue one another
(mutual best match of both edges, correlation above .9) are one group and stay in one split (70, 15, 15 %). Opsin
reads one PNG per object; the U-Net is trained on foreground and background, and its objects are connected components.
Both augment with horizontal flips and 90-degree rotations. The same code computes the metrics of both, at the full
256x256, on the test split.
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
    """Groups crops of one larger image by edges that are each other's best match; returns group numbers, (n,)."""
    group = np.arange(len(images))
    for here, there in ((images[:, :, -1], images[:, :, 0]), (images[:, -1], images[:, 0])):
        first, second = (edge - edge.mean(1, keepdims=True) for edge in (here, there))
        correlation = (
            first @ second.T / np.outer(np.linalg.norm(first, axis=1), np.linalg.norm(second, axis=1)).clip(1e-6)
        )
        np.fill_diagonal(correlation, -1)
        for row, best in enumerate(correlation.argmax(1)):
            if correlation[row, best] > 0.9 and correlation[:, best].argmax() == row:
                group[group == group[best]] = group[row]
    return group


def arrange(source: Path, folder: Path, seed: int) -> dict[str, int]:
    """Writes folder/objects (original files by split) and folder/plain (one mask per image); counts the images."""
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
            target = folder / "plain" / split / part / f"{name}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            if pixels is None:
                shutil.copy(source / name / "images" / f"{name}.png", target)
            else:
                Image.fromarray(pixels).save(target)
    return counts


def plain_predictions(ids: tuple[str, ...], folder: Path) -> np.ndarray:
    """Returns connected components of the U-Net's foreground with their mean probability, (n, height, width, 2)."""
    rows: list[np.ndarray] = []
    for id in ids:
        probabilities = np.asarray(Image.open(folder / Path(id).name), np.float64)
        number, count = label(probabilities > 127)
        sums = np.bincount(number.ravel(), probabilities.ravel(), count + 1) / np.maximum(
            1, np.bincount(number.ravel())
        )
        sums[0] = 255 - sums[0]
        rows.append(np.stack([number * 256, sums.round()[number]], 2).astype(np.int32))
    return np.stack(rows)


def main() -> None:
    """Prints and saves the metrics of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        counts = arrange(Path(os.environ["OPSIN_DATA"]) / "dsb2018_nuclei" / "stage1_train", folder, options.seed)
        print(counts, flush=True)
        begun = time.monotonic()
        arguments = {"minutes": options.minutes, "seed": options.seed, "rotate90": True}
        run = opsin.train(folder / "objects", **arguments, out=folder / "run", say=print)
        seconds = time.monotonic() - begun
        worker = [sys.executable, str(Path(__file__).parent / "workers" / "plain_unet.py"), str(folder / "plain")]
        peer_arguments = ["--minutes", str(options.minutes), "--seed", str(options.seed)]
        ran = subprocess.run(
            [*worker, str(folder / "predictions"), *peer_arguments], check=True, stdout=subprocess.PIPE
        )
        own = Predictions.from_parquet(run.folder / "predictions.parquet").only("test")
        predictions = plain_predictions(own.ids, folder / "predictions")
        plain = score(replace(own, predictions=predictions), Instances(("nucleus",)))
    result = {
        "images": counts,
        "minutes": options.minutes,
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, {torch.get_num_threads()} threads",
        "versions": {"python": platform.python_version(), "torch": version("torch"), "opsin": opsin.__version__},
        "opsin": {"seconds": round(seconds, 1), **{key: value.to_json() for key, value in run.scores.items()}},
        "plain U-Net": {**json.loads(ran.stdout), **{key: value.to_json() for key, value in plain.items()}},
    }
    (Path(__file__).parent / "results" / "nuclei.json").write_text(json.dumps(result, indent=2) + "\n")
    for key in ("dice", "image_dice", "iou", "ap", "ap50", "count_mae", "boundary_f"):
        print(f"{key:12} opsin {run.scores[key]}   plain U-Net {plain[key]}")


if __name__ == "__main__":
    main()
