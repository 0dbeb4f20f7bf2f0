"""Reference networks in Keras."""

import keras
from keras import layers


def reference(side: int) -> keras.Model:
    """The network of Keras's first convolution example."""
    return keras.Sequential([
        layers.Input((side, side, 3)),
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax"),
    ])  # fmt: skip


def resnet18(side: int) -> keras.Model:
    """As published, for 10 classes; keras.applications begins with 50 layers."""

    def normalized(x: object, width: int, size: int, stride: int = 1) -> object:
        x = layers.Conv2D(width, size, stride, "same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    given = layers.Input((side, side, 3))
    x = layers.Activation("relu")(normalized(given, 64, 7, 2))
    x = layers.MaxPooling2D(3, 2, "same")(x)
    channels = 64
    for width, stride in ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)):
        around = x if stride == 1 and channels == width else normalized(x, width, 1, stride)
        y = layers.Activation("relu")(normalized(x, width, 3, stride))
        x = layers.Activation("relu")(layers.add([normalized(y, width, 3), around]))
        channels = width
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(given, layers.Dense(10, activation="softmax")(x))


NETWORKS = {"reference": reference, "resnet18": resnet18}
