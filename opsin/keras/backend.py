"""The few names of `keras.backend` that scripts of today use."""

from .naming import clear_session as clear_session


def epsilon() -> float:
    """What keeps logarithms and divisions finite."""
    return 1e-7


def floatx() -> str:
    """The number format of weights."""
    return "float32"


def image_data_format() -> str:
    """Where the channels of an image are."""
    return "channels_last"
