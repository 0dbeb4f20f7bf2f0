"""Seconds from the start of a process to a CSV of answers for a folder of JPEGs: Opsin and a PyTorch loop.

    OPSIN_DATA=... python benchmarks/folder_to_answers.py [--images 10000] [--rounds 3]

The images are CIFAR-10's, enlarged to 160x160 and encoded again; the networks (untrained, as their weights make no
difference here) are the Keras script's at 64x64 and ResNet-18 at 128x128. PyTorch reads with `DataLoader`, Pillow and
two workers and answers in bfloat16. The order changes from round to round; ratios are taken within a round. Writes
benchmarks/results/folder_to_answers.json.
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
    """Of a whole process."""
    begun = time.monotonic()
    subprocess.run(command, check=True, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun


def programs(folder: Path, network: str) -> dict[str, tuple[list[str], Path]]:
    """The command of each program and the CSV it writes."""
    name, side = NETWORKS[network]
    preprocessing = ImagePreprocessing(side, side, 3, (0.0,) * 3, (1.0,) * 3)
    model = str(folder / f"{network}.safetensors")
    Model(zoo.create(name, (side, side, 3), 10, seed=0), tasks.Classify(tuple("abcdefghij")), preprocessing).save(model)
    images, mine, theirs = str(folder / "data" / "test"), folder / "opsin.csv", folder / "pytorch.csv"
    loop = [PEERS, str(HERE / "workers" / "torch_answers.py"), images, network, str(side)]
    loop += [str(folder / f"{network}.pt"), str(theirs)]
    seconds(loop, {})  # writes its weights
    return {
        "opsin": ([OPSIN, "-m", "opsin", "predict", model, images, "-o", str(mine)], mine),
        "pytorch": (loop, theirs),
    }


def main() -> None:
    """Measures network by network, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    told = parser.parse_args()
    result: dict[str, Any] = {"rounds": told.rounds, "images": told.images}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small(folder / "data", {"train": 0, "valid": 0, "test": told.images})
        for network in NETWORKS:
            asked = programs(folder, network)
            found: dict[str, list[float]] = {program: [] for program in asked}
            for number in range(told.rounds):
                for program in list(asked)[:: -1 if number % 2 else 1]:
                    command, answers = asked[program]
                    answers.unlink(missing_ok=True)
                    found[program].append(seconds(command, {"OPSIN_CACHE": str(folder / "cache")}))
                    lines = answers.read_text("utf-8").count("\n")
                    assert lines in (told.images, told.images + 1), f"{program} wrote {lines} lines"
            times = spread([theirs / mine for mine, theirs in zip(found["opsin"], found["pytorch"], strict=True)])
            result[network] = {**{program: spread(values) for program, values in found.items()}, "times": times}
            for program in asked:
                print(f"{network:10} {program:8} {shown(result[network][program], ' s')}")
            print(f"{network:10} {shown(times)} times as fast", flush=True)
            record("folder_to_answers", result)


if __name__ == "__main__":
    main()
