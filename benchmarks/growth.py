"""Growth of cost with the number of images, their size, the batch and the classes: exponents of power laws.

    python benchmarks/growth.py [--rounds 3]

An exponent of 1 is linear, below 1 is better. Each law is a least-squares fit to logarithms, over sizes that are
measured in turns; the fastest round counts. Writes benchmarks/results/growth.json.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from interleaved import record

from opsin import data, tasks, zoo
from opsin.core import keep_large_buffers
from opsin.data import Augmentation, Batches, ImagePreprocessing
from opsin.model import Model
from opsin.training import Recipe
from opsin.training.step import Stepper

Work = Callable[[], object]
RANDOM = np.random.default_rng(0)


def model_of(name: str, side: int, classes: int = 10) -> Model:
    """Creates an untrained model."""
    network = zoo.create(name, (side, side, 3), classes, seed=0)
    names = tuple(f"class{number}" for number in range(classes))
    return Model(network, tasks.Classify(names), ImagePreprocessing(side, side, 3, (0.5,) * 3, (0.25,) * 3))


def training(name: str, side: int, batch: int, classes: int = 10) -> Work:
    """Prepares a training step."""
    model = model_of(name, side, classes)
    stepper = Stepper(model, Recipe(batch_size=batch, epochs=1), 0)
    pixels = RANDOM.integers(0, 256, (batch, side, side, 3), np.uint8)
    stream = Batches(pixels, np.arange(batch), torch.arange(batch) % classes, batch, Augmentation(hflip=True), 0)
    batches = stream.stream(0)
    return lambda: stepper.step(next(batches), 0, 0.01)


def predicting(name: str, side: int, count: int, classes: int = 10) -> Work:
    """Prepares predictions of `count` images."""
    model, pixels = model_of(name, side, classes), RANDOM.integers(0, 256, (count, side, side, 3), np.uint8)
    return lambda: model.predict_batch(pixels)


def splitting(count: int) -> Work:
    """Prepares reading and splitting a table of `count` rows from arrays."""
    images, targets = np.zeros((count, 2, 2, 1), np.uint8), np.arange(count) % 10
    digests = np.arange(1, count + 1)
    return lambda: data.split(data.read((images, [f"class{number}" for number in targets])), digests, 0)


LAWS: dict[str, tuple[tuple[int, ...], Callable[[int], Work]]] = {
    "predictions, images": ((512, 2048, 8192), lambda n: predicting("simple", 32, n)),
    "predictions, pixels per image": ((32**2, 64**2, 128**2), lambda n: predicting("resnet18", round(n**0.5), 32)),
    "predictions, classes": ((10, 100, 1000, 10_000), lambda n: predicting("resnet_small", 32, 64, n)),
    "training step, batch": ((16, 64, 256), lambda n: training("simple", 64, n)),
    "training step, pixels per image": ((32**2, 64**2, 128**2), lambda n: training("resnet18", round(n**0.5), 16)),
    "training step, classes": ((10, 100, 1000, 10_000), lambda n: training("resnet_small", 32, 64, n)),
    "reading and splitting, images": ((10_000, 100_000, 1_000_000), splitting),
}


def seconds(work: Work) -> float:
    """Measures one call."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    """Fits each law, prints and writes the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    keep_large_buffers()
    result: dict[str, Any] = {"rounds": options.rounds}
    for name, (sizes, make) in LAWS.items():
        works = [make(size) for size in sizes]
        for work in works:
            work()
        times = np.array([[seconds(work) for work in works] for _ in range(options.rounds)]).min(0)
        exponent = float(np.polyfit(np.log(sizes), np.log(times), 1)[0])
        result[name] = {"sizes": sizes, "seconds": [float(f"{t:.4g}") for t in times], "exponent": round(exponent, 3)}
        print(f"{name:34} exponent {exponent:.2f}   {result[name]['seconds']} s for {list(sizes)}", flush=True)
        record("growth", result)


if __name__ == "__main__":
    main()
