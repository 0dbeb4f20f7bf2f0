"""A network of your own, in the layer language.

python examples/own_layers.py                              # shows it
opsin train photos --model examples/own_layers.py          # trains it
"""

from opsin.nn import BatchNormalization, Conv2D, Dense, Dropout, GlobalAveragePooling2D, Layer, MaxPooling2D, Sequential


def layers(input_shape: tuple[int, ...], units: int) -> list[Layer]:
    """Three convolutions, halving the picture after each, then one answer for each of `units`."""
    stages: list[Layer] = []
    for filters in (32, 64, 128):
        stages += [Conv2D(filters, 3, padding="same", activation="relu"), BatchNormalization(), MaxPooling2D(2)]
    return [*stages, GlobalAveragePooling2D(), Dropout(0.2), Dense(units, activation="softmax" if units > 1 else None)]


if __name__ == "__main__":
    Sequential(layers((64, 64, 3), 10), input_shape=(64, 64, 3), seed=0, name="own_layers").summary()
