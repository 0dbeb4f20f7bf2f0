"""Training steps of Opsin: `loop` (opsin.training), `float32`, `mixed_bfloat16` (opsin.keras), `matmul` (bound)."""

import sys

import numpy as np
import torch
from serving import Work, serve

KIND = sys.argv[1]
SIDE = 2048


def matmul(**case: object) -> Work:
    """Prepares one large bfloat16 product; its items are floating-point operations."""
    left, right = (torch.randn(SIDE, SIDE).bfloat16() for _ in range(2))

    def work() -> int:
        _ = left @ right
        return 2 * SIDE**3

    return work


def loop(network: str, side: int, batch: int) -> Work:
    """Prepares a complete training step: gather and flip a batch, step, average the weights."""
    from steps import steps

    from opsin import tasks, zoo
    from opsin.core import keep_large_buffers
    from opsin.data import Augmentation, Batches, ImagePreprocessing
    from opsin.model import Model

    keep_large_buffers()
    name = "simple" if network == "reference" else network
    built = zoo.create(name, (side, side, 3), 10, seed=0)
    model = Model(
        built, tasks.Classify(tuple("abcdefghij")), ImagePreprocessing(side, side, 3, (0.5,) * 3, (0.25,) * 3)
    )
    count = max(512, 4 * batch) if side <= 64 else 4 * batch
    pixels = np.random.default_rng(0).integers(0, 256, (count, side, side, 3), np.uint8)
    targets = torch.arange(count) % 10
    return steps(model, Batches(pixels, np.arange(count), targets, batch, Augmentation(hflip=True), 0))


def keras(network: str, side: int, batch: int) -> Work:
    """Prepares one `fit` over 2 to 16 batches."""
    from opsin import keras as door
    from opsin import zoo

    door.mixed_precision.set_global_policy(KIND)
    name = "simple" if network == "reference" else network
    model = door.Sequential(zoo.create(name, (side, side, 3), 10, activation="softmax").layers)
    model.build((None, side, side, 3))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    count = max(4 * batch, 512) if side <= 64 else 2 * batch
    x = np.random.default_rng(0).random((count, side, side, 3), np.float32)
    y = np.arange(count) % 10

    def work() -> int:
        model.fit(x, y, batch_size=batch, verbose=0)
        return count

    return work


if __name__ == "__main__":
    serve({"matmul": matmul, "loop": loop}.get(KIND, keras))
