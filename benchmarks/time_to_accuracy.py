"""Seconds from the start of a process to a test accuracy of 93 % on Fashion-MNIST, by who gets there.

    OPSIN_DATA=... python benchmarks/time_to_accuracy.py [--minutes 1.5 2 3] [--epochs 3]

Opsin is the typed command with each of these times, and its report is part of it. Keras is the network of its example
"Simple MNIST convnet" (batch 128, Adam), a ResNet-18 for small images is a PyTorch loop as its users tune it (bfloat16,
channels_last, SGD with Nesterov momentum, one cycle over --epochs, label smoothing, mirrored images). Both read the PNG
files once, keep them in memory and are asked for their test accuracy after every epoch, which does not count. Writes
benchmarks/results/time_to_accuracy.json.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from turns import HERE, OPSIN, PEERS, record

import opsin

GOAL = 0.93


def opsin_run(data: Path, minutes: float) -> dict[str, float]:
    """`opsin train`, without a cache of earlier runs."""
    with tempfile.TemporaryDirectory() as folder:
        asked = ["-m", "opsin", "train", str(data), "--minutes", str(minutes), "--out", f"{folder}/run"]
        begun = time.monotonic()
        environment = {**os.environ, "OPSIN_CACHE": f"{folder}/cache"}
        ran = subprocess.run([OPSIN, *asked, "--json"], check=True, env=environment, stdout=subprocess.PIPE)
        seconds = time.monotonic() - begun
    return {"seconds": round(seconds, 1), "accuracy": json.loads(ran.stdout)["scores"]["accuracy"]["value"]}


def peer_run(program: str, data: Path, epochs: int, **environment: str) -> list[dict[str, float]]:
    """Seconds and test accuracy after each epoch."""
    asked = [PEERS, str(HERE / "workers" / program), str(data), str(epochs)]
    environment = {**os.environ, **environment, "BEGUN": str(time.time()), "TF_CPP_MIN_LOG_LEVEL": "3"}
    ran = subprocess.run(asked, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return [json.loads(line) for line in ran.stdout.decode().splitlines() if line.startswith("{")]


def first(rows: list[dict[str, float]]) -> float | None:
    """Seconds of the first that reached the goal."""
    return next((row["seconds"] for row in rows if row["accuracy"] >= GOAL), None)


def main() -> None:
    """Measures one after another, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, nargs="+", default=[1.5, 2, 3])
    parser.add_argument("--epochs", type=int, default=3)
    told = parser.parse_args()
    data = Path(os.environ["OPSIN_DATA"]) / "fashion_mnist_png" / "fashion_mnist_images"
    found: dict[str, list[dict[str, float]]] = {"opsin": []}
    result: dict[str, Any] = {"goal": GOAL, "runs": found}
    for minutes in told.minutes:
        found["opsin"].append({"minutes": minutes, **opsin_run(data, minutes)})
        print("opsin", found["opsin"][-1], flush=True)
    for name, program, epochs in (
        ("keras example", "keras_accuracy.py", 40),
        ("pytorch resnet18", "torch_accuracy.py", told.epochs),
    ):
        found[name] = peer_run(program, data, epochs, KERAS_BACKEND="tensorflow")
        print(name, found[name], flush=True)
    result["seconds_to_goal"] = {name: first(rows) for name, rows in found.items()}
    print(result["seconds_to_goal"], opsin.__version__)
    record("time_to_accuracy", result)


if __name__ == "__main__":
    main()
