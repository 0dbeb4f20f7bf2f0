"""Optimizers by the names that `compile` takes."""

from typing import Any

from opsin.core import OpsinError

from .adam import Adam, AdamW
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .schedules import SCHEDULES
from .sgd import SGD

CLASSES: dict[str, type[Any]] = {kind.__name__.lower(): kind for kind in (Adam, AdamW, SGD, RMSprop)}


def get(identifier: Any) -> Optimizer:
    """The optimizer that a name, in any case, or an object stands for; OpsinError, with the names, otherwise.

    >>> get("adam").learning_rate
    0.001
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier()  # pyright: ignore[reportCallIssue]
    if isinstance(identifier, dict):
        return from_config(identifier)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(identifier, str) and identifier.lower() in CLASSES:
        return CLASSES[identifier.lower()]()
    raise OpsinError(
        f"there is no optimizer {identifier!r}; expected one of {', '.join(CLASSES)}, or an object of keras.optimizers"
    )


def from_config(config: dict[str, Any]) -> Optimizer:
    """The optimizer that a file's `{"class_name", "config"}` says; OpsinError when Opsin does not have it."""
    kind, settings = str(config.get("class_name")).lower(), dict(config.get("config") or {})
    if kind not in CLASSES:
        raise OpsinError(f"there is no optimizer {config.get('class_name')!r}; expected one of {', '.join(CLASSES)}")
    rate = settings.get("learning_rate")
    if isinstance(rate, dict):
        name = rate.get("class_name")
        if name not in SCHEDULES:
            raise OpsinError(f"there is no schedule {name!r}; expected one of {', '.join(SCHEDULES)}")
        settings["learning_rate"] = SCHEDULES[str(name)](**dict(rate.get("config") or {}))
    try:
        return CLASSES[kind](**settings)
    except TypeError as error:
        raise OpsinError(f"{config.get('class_name')}: {error}; expected the arguments that Keras has") from error
