"""Keras's `fit`: argument 1 is the policy, 2 the `jit_compile` of `compile`; KERAS_BACKEND sets the backend."""

import sys

import keras
import numpy as np
from keras_networks import NETWORKS
from serving import Work, serve

POLICY, JIT = sys.argv[1], {"auto": "auto", "no": False}[sys.argv[2]]


def prepare(network: str, side: int, batch: int) -> Work:
    """Prepares one `fit` over 2 to 16 batches."""
    if network not in NETWORKS:
        raise ValueError(f"{network} is not in keras.applications")
    keras.mixed_precision.set_global_policy(POLICY)
    model = NETWORKS[network](side)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", jit_compile=JIT)
    count = max(4 * batch, 512) if side <= 64 else 2 * batch
    x = np.random.default_rng(0).random((count, side, side, 3), np.float32)
    y = np.arange(count) % 10

    def work() -> int:
        model.fit(x, y, batch_size=batch, verbose=0)
        return count

    return work


if __name__ == "__main__":
    serve(prepare)
