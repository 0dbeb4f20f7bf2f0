"""Keyword arguments that all optimizers share."""

import inspect
import warnings
from typing import Any, TypedDict

from opsin.core import OpsinError

UNSUPPORTED: dict[str, Any] = {"use_ema": False, "ema_momentum": 0.99, "ema_overwrite_frequency": None,
                           "loss_scale_factor": None, "gradient_accumulation_steps": None}  # fmt: skip


class Clipping(TypedDict, total=False):
    """Keyword arguments of every optimizer.

    Attributes:
        name: Name of the optimizer.
        clipnorm: Maximum norm of the gradient of each weight.
        clipvalue: Maximum absolute value of each gradient element.
        global_clipnorm: Maximum norm of all gradients together.
        use_ema: Not supported; must be False.
        ema_momentum: Not supported; must be 0.99.
        ema_overwrite_frequency: Not supported; must be None.
        loss_scale_factor: Not supported; must be None.
        gradient_accumulation_steps: Not supported; must be None.
    """

    name: str | None
    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None


class Common(Clipping, total=False):
    """Keyword arguments of optimizers with weight decay.

    Attributes:
        weight_decay: Each step subtracts this factor times the learning rate times the weight.
    """

    weight_decay: float | None


def check_known(kind: type[Any], given: dict[str, Any]) -> None:
    """Raises OpsinError for an unknown argument, or one that Opsin supports only with its default."""
    label = kind.__name__
    if "lr" in given:
        raise OpsinError(f"{label} has no argument lr. Fix: learning_rate={given['lr']!r}.")
    if given.pop("decay", None) is not None:
        warnings.warn(f"{label} ignores decay, as Keras 3 does. Fix: use a schedule as learning_rate.", stacklevel=4)
    for key, value in given.items():
        if key not in Common.__annotations__ or (key in UNSUPPORTED and value != UNSUPPORTED[key]):
            known = ", ".join(signature(kind).parameters)
            raise OpsinError(f"{label} does not support {key}={value!r}. Expected arguments: {known}.")


def signature(kind: type[Any]) -> inspect.Signature:
    """Returns the signature that `help` and editors show: the optimizer's own arguments, then the shared keywords."""
    own = list(inspect.signature(kind.__init__).parameters.values())[1:]
    named = [parameter for parameter in own if parameter.kind is not inspect.Parameter.VAR_KEYWORD]
    if len(named) == len(own):
        return inspect.Signature(own)
    present = {parameter.name for parameter in named}
    rest = [key for key in Common.__annotations__ if key not in present and key not in UNSUPPORTED]
    return inspect.Signature(
        [*named, *(inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=None) for key in rest)]
    )
