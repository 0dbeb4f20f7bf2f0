"""Look-up of losses by name."""

from typing import Any

from opsin.core import OpsinError
from opsin.nn.naming import snake_case

from . import crossentropy as c
from . import margins as m
from . import regression as r
from .loss import FunctionLoss, Loss

CLASSES: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        c.CategoricalCrossentropy, c.SparseCategoricalCrossentropy, c.BinaryCrossentropy, r.MeanSquaredError,
        r.MeanAbsoluteError, r.MeanAbsolutePercentageError, r.MeanSquaredLogarithmicError, r.Huber, r.LogCosh,
        r.KLDivergence, r.Poisson, m.Hinge, m.SquaredHinge,
    )
}  # fmt: skip
_SHORT = {"bce": "BinaryCrossentropy", "kld": "KLDivergence", "mae": "MeanAbsoluteError", "mse": "MeanSquaredError",
          "mape": "MeanAbsolutePercentageError", "msle": "MeanSquaredLogarithmicError"}  # fmt: skip
NAMES: dict[str, str] = {
    **{snake_case(name) if name != "KLDivergence" else "kl_divergence": name for name in CLASSES},
    **_SHORT,
    **{short.upper(): name for short, name in _SHORT.items()},
    **{name: name for name in CLASSES},
}
_LISTED = [name for name in NAMES if name.islower()]


def get(identifier: Any) -> Loss:
    """Returns a loss.

    Args:
        identifier: Name, loss, class, function of (y_true, y_pred), or config.

    Raises:
        OpsinError: The name is unknown; the message lists the names.

    Examples:
        >>> get("mse").name
        'mean_squared_error'
    """
    if isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, dict):
        return from_config(identifier)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier()
    if isinstance(identifier, str) and identifier in NAMES:
        return CLASSES[NAMES[identifier]]()
    if callable(identifier):
        known = [kind for kind in CLASSES.values() if kind().function is identifier]
        return known[0]() if known else _of_function(identifier)
    raise OpsinError(
        f"Unknown loss {identifier!r}. Expected one of {', '.join(_LISTED)}, an object of keras.losses, or a "
        "function of (y_true, y_pred)."
    )


def _of_function(function: Any) -> Loss:
    return FunctionLoss(function, str(getattr(function, "__name__", "loss")))


def from_config(config: dict[str, Any]) -> Loss:
    """Returns the loss of a config `{"class_name", "config"}`. Raises OpsinError for an unknown one."""
    kind, settings = config.get("class_name"), dict(config.get("config") or {})
    if kind not in CLASSES:
        raise OpsinError(f"Unknown loss {kind!r}. Expected one of {', '.join(CLASSES)}.")
    try:
        return CLASSES[kind](**settings)
    except TypeError as error:
        raise OpsinError(f"{kind}: {error}. Expected Keras's arguments.") from error
