"""Training speed with freed memory kept in the process (`opsin.core.keep_large_buffers`) and without, interleaved.

    python benchmarks/malloc.py [--rounds 3]

The reference network (64x64x3, conv 32, conv 64, dense 128), batch 128. Prints images per second of each process as
one JSON object.
"""

import argparse
import json
import os
import subprocess
import sys

PROGRAM = """
import time
import numpy as np, torch
from opsin import tasks, zoo
from opsin.core import keep_large_buffers
from opsin.data import Batch, ImagePreprocessing
from opsin.model import Model
from opsin.training import Recipe
from opsin.training.step import Stepper
keep_large_buffers()
task = tasks.Classify(tuple("abcdefghij"))
network = zoo.create("simple", (64, 64, 3), 10, seed=0)
preprocessing = ImagePreprocessing(64, 64, 3, (0.5,) * 3, (0.25,) * 3)
stepper = Stepper(Model(network, task, preprocessing), Recipe(batch_size=128, epochs=1), 0)
pixels = np.random.default_rng(0).integers(0, 256, (128, 64, 64, 3)).astype(np.uint8)
batch = Batch(torch.from_numpy(pixels), torch.arange(128) % 10)
for number in range(12):
    if number == 2:
        begun = time.perf_counter()
    stepper.step(batch, number, 0.01)
print(10 * 128 / (time.perf_counter() - begun))
"""


def images_per_second(setting: str) -> float:
    """Measures ten steps of one process, after two warm-up steps."""
    env = {**os.environ, "OPSIN_MALLOPT": setting}
    return float(
        subprocess.run([sys.executable, "-c", PROGRAM], env=env, capture_output=True, check=True, text=True).stdout
    )


def main() -> None:
    """Prints the results of all rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    pairs = [(images_per_second("1"), images_per_second("0")) for _ in range(parser.parse_args().rounds)]
    print(json.dumps({"kept": [kept for kept, _ in pairs], "returned": [returned for _, returned in pairs]}))


if __name__ == "__main__":
    main()
