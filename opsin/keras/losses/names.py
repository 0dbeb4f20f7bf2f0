"""Losses by the names that `compile` takes."""

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
    """The loss that a name, an object, a class or a function of (targets, outputs) stands for.

    Raises OpsinError, with the names there are, for anything else.

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
        f"there is no loss {identifier!r}; expected one of {', '.join(_LISTED)}, an object of keras.losses, or a "
        "function of (y_true, y_pred)"
    )


def _of_function(function: Any) -> Loss:
    return FunctionLoss(function, str(getattr(function, "__name__", "loss")))


def from_config(config: dict[str, Any]) -> Loss:
    """The loss that a file's `{"class_name", "config"}` says; OpsinError when Opsin does not have it."""
    kind, settings = config.get("class_name"), dict(config.get("config") or {})
    if kind not in CLASSES:
        raise OpsinError(f"there is no loss {kind!r}; expected one of {', '.join(CLASSES)}")
    try:
        return CLASSES[kind](**settings)
    except TypeError as error:
        raise OpsinError(f"{kind}: {error}; expected the arguments that Keras has") from error
