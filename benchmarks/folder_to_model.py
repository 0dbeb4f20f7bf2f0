"""Seconds from process start to a saved model, and its test accuracy: Opsin, Keras, a PyTorch loop, fastai.

    OPSIN_DATA=... python benchmarks/folder_to_model.py small [--runs 3]
    python benchmarks/folder_to_model.py photographs

`small`: 20,000 JPEGs of 160x160 (CIFAR-10's, enlarged and encoded again) for the reference network at 64x64;
`photographs`: 600 JPEGs of 12 megapixels (crops of scikit-image's photographs, enlarged) for the same network at
224x224. Both with 1 and with 5 epochs and a validation split that each program evaluates after every epoch; the test
accuracy shows that all train equally well. Opsin starts without a cache and its time includes the report. The order
of the programs alternates between runs. Writes benchmarks/results/folder_to_model-<kind>.json.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from interleaved import HERE, OPSIN, PEERS, record, shown, spread
from PIL import Image

NETWORK = {"small": ("simple", 64), "photographs": ("simple", 224)}
PROGRAMS = {
    "opsin": (OPSIN, "opsin_folder.py", {}),
    "keras": (PEERS, "keras_folder.py", {"KERAS_BACKEND": "tensorflow"}),
    "pytorch": (PEERS, "torch_folder.py", {}),
    "fastai": (PEERS, "fastai_folder.py", {}),
}
COUNTS = {"train": 20_000, "valid": 1_000, "test": 5_000}
PHOTOGRAPHS = {"train": 600, "valid": 60, "test": 60}


def small(folder: Path, counts: Mapping[str, int] = COUNTS) -> None:
    """Writes CIFAR-10's JPEG copy at 160x160, in class folders by split."""
    random = np.random.default_rng(0)
    source = Path(os.environ["OPSIN_DATA"]) / "cifar10_jpeg"
    for place, splits in (("train", ("train", "valid")), ("test", ("test",))):
        files = sorted((source / place).rglob("*.jp*g"))
        chosen = iter(random.permutation(len(files)))
        for split in splits:
            for _ in range(counts[split]):
                path = files[next(chosen)]
                target = folder / split / path.parent.name / path.name
                target.parent.mkdir(parents=True, exist_ok=True)
                with Image.open(path) as image:
                    image.convert("RGB").resize((160, 160), Image.Resampling.BICUBIC).save(target, quality=90)


def photographs(folder: Path) -> None:
    """Writes crops of four photographs, each a class, enlarged to 4000x3000."""
    from skimage import data

    random = np.random.default_rng(0)
    for name in ("astronaut", "chelsea", "coffee", "rocket"):
        image = Image.fromarray(getattr(data, name)())
        for split, count in PHOTOGRAPHS.items():
            (folder / split / name).mkdir(parents=True)
            for number in range(count // 4):
                width = int(random.integers(image.width // 2, image.width * 3 // 4))
                height = min(image.height, width * 3 // 4)
                left, top = random.integers(0, image.width - width + 1), random.integers(0, image.height - height + 1)
                part = image.crop((left, top, left + width, top + height)).resize((4000, 3000))
                part.save(folder / split / name / f"{number}.jpg", quality=90)


def main() -> None:
    """Measures all runs, prints and writes the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=list(NETWORK))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--epochs", type=int, nargs="+", default=[1, 5])
    options = parser.parse_args()
    result: dict[str, Any] = {"runs": options.runs, "network": NETWORK[options.kind]}
    with tempfile.TemporaryDirectory() as name:
        {"small": small, "photographs": photographs}[options.kind](Path(name))
        for epochs in options.epochs:
            found: dict[str, list[dict[str, float]]] = {program: [] for program in PROGRAMS}
            for run in range(options.runs):
                for program in list(PROGRAMS)[:: -1 if run % 2 else 1]:
                    found[program].append(one_run(program, Path(name), epochs, *NETWORK[options.kind]))
                    print(epochs, program, found[program][-1], flush=True)
            result[f"{epochs} epochs"] = summarize(found, epochs)
            record(f"folder_to_model-{options.kind}", result)


def one_run(program: str, data: Path, epochs: int, network: str, side: int) -> dict[str, float]:
    """Runs one program in a fresh process, without a cache of earlier ones."""
    python, file, environment = PROGRAMS[program]
    with tempfile.TemporaryDirectory() as cache:
        command = [python, str(HERE / "workers" / file), str(data), str(epochs), network, str(side)]
        environment = {**os.environ, **environment, "OPSIN_CACHE": cache, "TF_CPP_MIN_LOG_LEVEL": "3"}
        environment["BEGUN"] = str(time.time())
        ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return json.loads(ran.stdout.decode().strip().splitlines()[-1])


def summarize(found: dict[str, list[dict[str, float]]], epochs: int) -> dict[str, Any]:
    """Returns medians and spreads, and the ratio to the best peer of the same run."""
    report: dict[str, Any] = {
        program: {key: spread([run[key] for run in runs]) for key in ("seconds", "accuracy")}
        for program, runs in found.items()
    }
    best = [min(found[peer][run]["seconds"] for peer in found if peer != "opsin") for run in range(len(found["opsin"]))]
    times = [peer / own["seconds"] for peer, own in zip(best, found["opsin"], strict=True)]
    report["times_best_peer"] = spread(times)
    for program in found:
        print(
            f"  {program:10} {shown(report[program]['seconds'], ' s')}, accuracy {shown(report[program]['accuracy'])}"
        )
    print(f"  {epochs} epochs: {shown(spread(times))} times as fast as the best peer", flush=True)
    return report


if __name__ == "__main__":
    main()
