"""Seconds from process start to a CSV of predictions for a folder of JPEGs: Opsin and a PyTorch loop.

    OPSIN_DATA=... python benchmarks/folder_to_predictions.py [--images 10000] [--rounds 3]

The images are CIFAR-10's, enlarged to 160x160 and encoded again; the networks (untrained, as weights do not change
the speed) are the Keras script's at 64x64 and ResNet-18 at 128x128. PyTorch reads with `DataLoader`, Pillow and two
workers and predicts in bfloat16. The order alternates between rounds; ratios are computed within a round. Writes
benchmarks/results/folder_to_predictions.json.
"""

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from folder_to_model import small
from interleaved import HERE, OPSIN, PEERS, record, shown, spread

from opsin import tasks, zoo
from opsin.data import ImagePreprocessing
from opsin.model import Model

NETWORKS = {"reference": ("simple", 64), "resnet18": ("resnet18", 128)}


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """Measures a whole process."""
    begun = time.monotonic()
    subprocess.run(command, check=True, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun


def programs(folder: Path, network: str) -> dict[str, tuple[list[str], Path]]:
    """Returns the command of each program and the CSV that it writes."""
    name, side = NETWORKS[network]
    preprocessing = ImagePreprocessing(side, side, 3, (0.0,) * 3, (1.0,) * 3)
    model = str(folder / f"{network}.safetensors")
    Model(zoo.create(name, (side, side, 3), 10, seed=0), tasks.Classify(tuple("abcdefghij")), preprocessing).save(model)
    images, own, theirs = str(folder / "data" / "test"), folder / "opsin.csv", folder / "pytorch.csv"
    loop = [PEERS, str(HERE / "workers" / "torch_predictions.py"), images, network, str(side)]
    loop += [str(folder / f"{network}.pt"), str(theirs)]
    seconds(loop, {})  # the first call writes the weights
    return {
        "opsin": ([OPSIN, "-m", "opsin", "predict", model, images, "-o", str(own)], own),
        "pytorch": (loop, theirs),
    }


def main() -> None:
    """Measures each network, prints and writes the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    result: dict[str, Any] = {"rounds": options.rounds, "images": options.images}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small(folder / "data", {"train": 0, "valid": 0, "test": options.images})
        for network in NETWORKS:
            commands = programs(folder, network)
            found: dict[str, list[float]] = {program: [] for program in commands}
            for number in range(options.rounds):
                for program in list(commands)[:: -1 if number % 2 else 1]:
                    command, output = commands[program]
                    output.unlink(missing_ok=True)
                    found[program].append(seconds(command, {"OPSIN_CACHE": str(folder / "cache")}))
                    lines = output.read_text("utf-8").count("\n")
                    assert lines in (options.images, options.images + 1), f"{program} wrote {lines} lines"
            times = spread([theirs / own for own, theirs in zip(found["opsin"], found["pytorch"], strict=True)])
            result[network] = {**{program: spread(values) for program, values in found.items()}, "times": times}
            for program in commands:
                print(f"{network:10} {program:8} {shown(result[network][program], ' s')}")
            print(f"{network:10} {shown(times)} times as fast", flush=True)
            record("folder_to_predictions", result)


if __name__ == "__main__":
    main()
