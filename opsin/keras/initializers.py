"""How weights start: Keras's initializer objects, which stand for the names that layers take."""

from typing import Any, ClassVar

from opsin.core import NetworkError
from opsin.nn.initializers import INITIALIZERS
from opsin.nn.naming import snake_case


class Initializer:
    """A distribution by name. `seed` is taken and left aside: `keras.utils.set_random_seed` makes runs repeatable."""

    name: ClassVar[str] = ""

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed


class GlorotUniform(Initializer):
    """Uniform, scaled by inputs plus outputs; Keras's default for kernels."""

    name = "glorot_uniform"


class GlorotNormal(Initializer):
    """Truncated normal, scaled by inputs plus outputs."""

    name = "glorot_normal"


class HeUniform(Initializer):
    """Uniform, scaled by inputs."""

    name = "he_uniform"


class HeNormal(Initializer):
    """Truncated normal, scaled by inputs; for layers followed by a ReLU."""

    name = "he_normal"


class LecunUniform(Initializer):
    """Uniform, scaled by inputs, with half of He's variance."""

    name = "lecun_uniform"


class LecunNormal(Initializer):
    """Truncated normal, scaled by inputs, with half of He's variance."""

    name = "lecun_normal"


class Zeros(Initializer):
    """All zeros."""

    name = "zeros"


class Ones(Initializer):
    """All ones; the start of a normalization's scale."""

    name = "ones"


def initializer_name(value: Any, label: str, field: str, allowed: tuple[str, ...] = INITIALIZERS) -> str:
    """The name that a name, an initializer or its class stands for; NetworkError, with the names there are, otherwise.

    >>> initializer_name(HeNormal(), "Dense", "kernel_initializer"), initializer_name("HeNormal", "Dense", "kernel")
    ('he_normal', 'he_normal')
    """
    if (isinstance(value, type) and issubclass(value, Initializer)) or isinstance(value, Initializer):
        value = value.name
    if isinstance(value, str):
        name = value if value in allowed else snake_case(value)
        if name in allowed:
            return name
    raise NetworkError(f"{label} takes one of {', '.join(map(repr, allowed))} for {field}, got {value!r}")
