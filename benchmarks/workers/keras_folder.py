"""`image_dataset_from_directory` and `fit`, as in Keras's guide; arguments as opsin_folder.py."""

import sys
import tempfile

import keras
from keras_networks import NETWORKS
from reporting import report

DATA, EPOCHS, NETWORK, SIDE = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])


def part(split: str, shuffle: bool = False):
    """Returns the images of a split, scaled to 0 to 1, with prefetching."""
    found = keras.utils.image_dataset_from_directory(
        f"{DATA}/{split}", image_size=(SIDE, SIDE), batch_size=128, shuffle=shuffle, seed=0, verbose=False
    )
    return found.map(lambda x, y: (x / 255.0, y), num_parallel_calls=-1).prefetch(-1)


if __name__ == "__main__":
    body = NETWORKS["reference" if NETWORK == "simple" else NETWORK](SIDE)
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras.layers.RandomFlip("horizontal"), body])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(part("train", True), validation_data=part("valid"), epochs=EPOCHS, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/model.keras")
    report(model.evaluate(part("test"), verbose=0)[1])
