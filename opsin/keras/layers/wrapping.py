"""Conversion of `opsin.nn` layers to Keras layers, for networks from a file or the zoo."""

from opsin import nn

from . import convolutions, dense, normalization, pooling, reshaping
from .layer import Layer

_KINDS: dict[str, type[Layer]] = {
    name: value
    for module in (convolutions, dense, normalization, pooling, reshaping)
    for name, value in vars(module).items()
    if isinstance(value, type) and issubclass(value, Layer) and value.kind.__name__ == name
}


def wrap(data: nn.Layer) -> Layer:
    """Returns the Keras layer of an `opsin.nn` layer; a plain `Layer` if Keras has none, as for `Residual`.

    Examples:
        >>> wrap(nn.Dense(3, name="head"))
        <Dense name=head>
    """
    return _KINDS.get(type(data).__name__, Layer).from_data(data)
