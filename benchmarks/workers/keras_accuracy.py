"""Keras's example "Simple MNIST convnet": argument 1 is a folder with train and test, 2 the epochs."""

import sys
from pathlib import Path

import keras
from images import read
from keras import layers
from saying import said, saved

if __name__ == "__main__":
    data, epochs = Path(sys.argv[1]), int(sys.argv[2])
    (x, y), (x_test, y_test) = read(data / "train"), read(data / "test")
    x, x_test = (images[..., None].astype("float32") / 255 for images in (x, x_test))
    model = keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Flatten(), layers.Dropout(0.5), layers.Dense(10, activation="softmax"),
    ])  # fmt: skip
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    asking = 0.0
    for _ in range(epochs):
        model.fit(x, y, batch_size=128, verbose=0)
        seconds = saved() - asking
        said(model.evaluate(x_test, y_test, batch_size=1000, verbose=0)[1], seconds)
        asking = saved() - seconds
