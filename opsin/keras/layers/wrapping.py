"""From layers of `opsin.nn` to Keras's: the way back from a file or a network."""

from opsin import nn

from . import convolutions, dense, normalization, pooling, reshaping
from .layer import Layer

_KINDS: dict[str, type[Layer]] = {
    name: value
    for room in (convolutions, dense, normalization, pooling, reshaping)
    for name, value in vars(room).items()
    if isinstance(value, type) and issubclass(value, Layer) and value.kind.__name__ == name
}


def wrap(data: nn.Layer) -> Layer:
    """The Keras layer around a layer of `opsin.nn`; a plain `Layer` where Keras has none, as for `Residual`.

    >>> wrap(nn.Dense(3, name="head"))
    <Dense name=head>
    """
    return _KINDS.get(type(data).__name__, Layer).of(data)
