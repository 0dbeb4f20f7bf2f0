"""Accuracy within a time limit, with the command that a user types: `opsin train DATA --minutes N --json`.

    OPSIN_DATA=... python benchmarks/accuracy.py fashion-5 cifar-10 ...

Writes benchmarks/results/<name>.json: machine, versions, metrics, wall-clock seconds and peak memory of the whole
process. The 3 minutes of pneumonia-3 were run after the result of pneumonia-2 was known.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import opsin

FASHION, CIFAR = "fashion_mnist_png/fashion_mnist_images", "cifar10_jpeg"
RUNS = {
    "fashion-5": (FASHION, ["--minutes", "5"], [0]),
    "fashion-20": (FASHION, ["--minutes", "20"], [0]),
    "cifar-10": (CIFAR, ["--minutes", "10"], [0]),
    "cifar-30": (CIFAR, ["--minutes", "30"], [0]),
    "cifar-30-random": (CIFAR, ["--minutes", "30", "--no-pretrained"], [0]),
    "pneumonia-2": ("pneumoniamnist.npz", ["--minutes", "2"], [0, 1, 2]),
    "pneumonia-3": ("pneumoniamnist.npz", ["--minutes", "3"], [0, 1, 2]),
}


def measured(data: Path, options: list[str], seed: int) -> dict[str, object]:
    """Runs one training as a process; returns its JSON output, its seconds and its peak memory in MiB."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "opsin", "train", str(data), *options, "--seed", str(seed), "--json"]
        begun = time.monotonic()
        ran = subprocess.run(
            [*command, "--out", str(Path(folder) / "run")], check=True, stdout=subprocess.PIPE, text=True
        )
        seconds = time.monotonic() - begun
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    printed = {
        key: value for key, value in json.loads(ran.stdout).items() if key not in ("run", "model")
    }  # deleted by now
    return {"seed": seed, "process_seconds": round(seconds, 1), "peak_mib": peak, **printed}


def main() -> None:
    """Runs the named trainings one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=sorted(RUNS))
    for name in parser.parse_args().names:
        folder, options, seeds = RUNS[name]
        result = {
            "data": folder,
            "options": options,
            "machine": f"{platform.machine()}, {os.cpu_count()} processors",
            "versions": {"python": platform.python_version(), "torch": version("torch"), "opsin": opsin.__version__},
            "runs": [measured(Path(os.environ["OPSIN_DATA"]) / folder, options, seed) for seed in seeds],
        }
        path = Path(__file__).parent / "results" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(result, indent=2) + "\n")
        for run in result["runs"]:
            print(name, run["process_seconds"], "s", json.dumps(run["scores"]), flush=True)


if __name__ == "__main__":
    main()
