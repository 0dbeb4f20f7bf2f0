"""Keras's initializers: distributions of the first weights, for the `*_initializer` arguments of layers."""

from typing import Any, ClassVar

from opsin.core import NetworkError
from opsin.nn.initializers import INITIALIZERS
from opsin.nn.naming import snake_case

from .missing import missing as _missing


class Initializer:
    """Base class of all initializers.

    Args:
        seed: Accepted, without effect. Use keras.utils.set_random_seed.
    """

    name: ClassVar[str] = ""

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed


class GlorotUniform(Initializer):
    """Uniform distribution, scaled by the sum of inputs and outputs. Default for kernels."""

    name = "glorot_uniform"


class GlorotNormal(Initializer):
    """Truncated normal distribution, scaled by the sum of inputs and outputs."""

    name = "glorot_normal"


class HeUniform(Initializer):
    """Uniform distribution, scaled by the number of inputs."""

    name = "he_uniform"


class HeNormal(Initializer):
    """Truncated normal distribution, scaled by the number of inputs, for layers followed by a ReLU."""

    name = "he_normal"


class LecunUniform(Initializer):
    """Uniform distribution with half the variance of HeUniform."""

    name = "lecun_uniform"


class LecunNormal(Initializer):
    """Truncated normal distribution with half the variance of HeNormal."""

    name = "lecun_normal"


class Zeros(Initializer):
    """All zeros."""

    name = "zeros"


class Ones(Initializer):
    """All ones."""

    name = "ones"


def initializer_name(value: Any, label: str, field: str, allowed: tuple[str, ...] = INITIALIZERS) -> str:
    """Returns the name of an initializer. Raises NetworkError, which lists the names, for an unknown one.

    Examples:
        >>> initializer_name(HeNormal(), "Dense", "kernel_initializer"), initializer_name("HeNormal", "Dense", "kernel")
        ('he_normal', 'he_normal')
    """
    if (isinstance(value, type) and issubclass(value, Initializer)) or isinstance(value, Initializer):
        value = value.name
    if isinstance(value, str):
        name = value if value in allowed else snake_case(value)
        if name in allowed:
            return name
    raise NetworkError(f"{label} got {value!r} for {field}. Expected one of {', '.join(map(repr, allowed))}.")


__getattr__ = _missing(__name__)
