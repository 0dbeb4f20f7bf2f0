"""A custom network in the layer language.

python examples/own_layers.py                              # prints the summary
opsin train photos --model examples/own_layers.py          # trains it on a folder of images
"""

from opsin.nn import BatchNormalization, Conv2D, Dense, Dropout, GlobalAveragePooling2D, Layer, MaxPooling2D, Sequential


def layers(input_shape: tuple[int, ...], units: int) -> list[Layer]:
    """Returns three convolutions, each followed by pooling, and an output layer of `units` values."""
    stages: list[Layer] = []
    for filters in (32, 64, 128):
        stages += [Conv2D(filters, 3, padding="same", activation="relu"), BatchNormalization(), MaxPooling2D(2)]
    return [*stages, GlobalAveragePooling2D(), Dropout(0.2), Dense(units, activation="softmax" if units > 1 else None)]


if __name__ == "__main__":
    Sequential(layers((64, 64, 3), 10), input_shape=(64, 64, 3), seed=0, name="own_layers").summary()
