"""Keras's `predict`, or the compiled function without its loop (`call`); KERAS_BACKEND sets the backend."""

import sys

import numpy as np
from keras_networks import NETWORKS
from serving import Work, serve

KIND = sys.argv[1]


def prepare(network: str, side: int, batch: int) -> Work:
    """Prepares one call for `batch` float32 images in memory."""
    if network not in NETWORKS:
        raise ValueError(f"{network} is not in keras.applications")
    model = NETWORKS[network](side)
    images = np.random.default_rng(0).random((batch, side, side, 3), np.float32)

    def work() -> int:
        if KIND == "predict":
            model.predict(images, batch_size=batch, verbose=0)
        else:
            model.predict_on_batch(images)
        return batch

    return work


if __name__ == "__main__":
    serve(prepare)
