"""Keras's example networks for small images: argument 1 is a folder with train and test, 2 the epochs.

"Simple MNIST convnet" for grey images, `cifar10_cnn` for colour images.
"""

import sys
from pathlib import Path

import keras
from images import read
from keras import layers
from reporting import elapsed, report


def grey() -> list[keras.Layer]:
    """https://keras.io/examples/vision/mnist_convnet."""
    return [
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Flatten(), layers.Dropout(0.5),
    ]  # fmt: skip


def colour() -> list[keras.Layer]:
    """examples/cifar10_cnn.py of Keras 2."""
    return [
        layers.RandomFlip("horizontal"), layers.RandomTranslation(0.1, 0.1),
        layers.Conv2D(32, 3, padding="same", activation="relu"), layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2), layers.Dropout(0.25),
        layers.Conv2D(64, 3, padding="same", activation="relu"), layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(2), layers.Dropout(0.25),
        layers.Flatten(), layers.Dense(512, activation="relu"), layers.Dropout(0.5),
    ]  # fmt: skip


if __name__ == "__main__":
    data, epochs = Path(sys.argv[1]), int(sys.argv[2])
    (x, y), (x_test, y_test) = read(data / "train"), read(data / "test")
    x, x_test = (images.astype("float32") / 255 for images in (x, x_test))
    body = grey() if x.shape[-1] == 1 else colour()
    model = keras.Sequential([keras.Input(x.shape[1:]), *body, layers.Dense(10, activation="softmax")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    asking = 0.0
    for _ in range(epochs):
        model.fit(x, y, batch_size=128, verbose=0)
        seconds = elapsed() - asking
        report(model.evaluate(x_test, y_test, batch_size=1000, verbose=0)[1], seconds)
        asking = elapsed() - seconds
