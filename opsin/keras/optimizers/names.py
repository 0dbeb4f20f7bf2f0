"""Look-up of optimizers by name."""

from typing import Any

from opsin.core import OpsinError

from .adam import Adam, AdamW
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .schedules import SCHEDULES
from .sgd import SGD

CLASSES: dict[str, type[Any]] = {kind.__name__.lower(): kind for kind in (Adam, AdamW, SGD, RMSprop)}


def get(identifier: Any) -> Optimizer:
    """Returns an optimizer.

    Args:
        identifier: Name (upper or lower case), optimizer, class or config.

    Raises:
        OpsinError: The name is unknown; the message lists the names.

    Examples:
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
        f"Unknown optimizer {identifier!r}. Expected one of {', '.join(CLASSES)}, or an object of keras.optimizers."
    )


def from_config(config: dict[str, Any]) -> Optimizer:
    """Returns the optimizer of a config `{"class_name", "config"}`. Raises OpsinError for an unknown one."""
    kind, settings = str(config.get("class_name")).lower(), dict(config.get("config") or {})
    if kind not in CLASSES:
        raise OpsinError(f"Unknown optimizer {config.get('class_name')!r}. Expected one of {', '.join(CLASSES)}.")
    rate = settings.get("learning_rate")
    if isinstance(rate, dict):
        name = rate.get("class_name")
        if name not in SCHEDULES:
            raise OpsinError(f"Unknown schedule {name!r}. Expected one of {', '.join(SCHEDULES)}.")
        settings["learning_rate"] = SCHEDULES[str(name)](**dict(rate.get("config") or {}))
    try:
        return CLASSES[kind](**settings)
    except TypeError as error:
        raise OpsinError(f"{config.get('class_name')}: {error}. Expected Keras's arguments.") from error
