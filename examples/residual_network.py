"""A custom residual network, trained on handwritten digits.

python examples/residual_network.py FOLDER                 # FOLDER: run folder, must not exist (15 s on one core)
"""

import sys

import opsin
from opsin.nn import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    Layer,
    Residual,
    Sequential,
    summarize,
)


def block(filters: int, strides: int = 1) -> list[Layer]:
    """Returns a residual block of two convolutions; with strides, a 1x1 convolution adapts the shortcut."""
    body = [
        Conv2D(filters, 3, strides, "same", use_bias=False),
        BatchNormalization(),
        Activation("relu"),
        Conv2D(filters, 3, padding="same", use_bias=False),
        BatchNormalization(),
    ]
    shortcut = [] if strides == 1 else [Conv2D(filters, 1, strides, "same", use_bias=False), BatchNormalization()]
    return [Residual(body, shortcut), Activation("relu")]


def layers(input_shape: tuple[int, ...], units: int) -> list[Layer]:
    """Returns a network with two resolutions of two blocks each."""
    start = [Conv2D(16, 3, padding="same", use_bias=False), BatchNormalization(), Activation("relu")]
    blocks = [*block(16), *block(16), *block(32, strides=2), *block(32)]
    return [*start, *blocks, GlobalAveragePooling2D(), Dense(units, activation="softmax")]


if __name__ == "__main__":
    from sklearn.datasets import load_digits

    digits = load_digits()  # 1,797 scans of 8x8 pixels from 0 to 16
    pixels = (digits.images * 15).astype("uint8")
    names = digits.target.astype(str)

    summary = summarize(Sequential(layers((8, 8, 1), 10), input_shape=(8, 8, 1)))
    print(f"{summary.trainable:,} parameters, {summary.multiply_adds:,} multiply-adds per image")

    run = opsin.train((pixels, names), model=__file__, epochs=12, out=sys.argv[1])
    score = run.scores["accuracy"]
    print(f"accuracy {score.value:.3f} (95 % interval {score.low:.3f} to {score.high:.3f})")
