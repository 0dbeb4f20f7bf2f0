"""What all optimizers take by keyword, and what `help` and editors show of it."""

import inspect
import warnings
from typing import Any, TypedDict

from opsin.core import OpsinError

ABSENT: dict[str, Any] = {"use_ema": False, "ema_momentum": 0.99, "ema_overwrite_frequency": None,
                           "loss_scale_factor": None, "gradient_accumulation_steps": None}  # fmt: skip


class Clipping(TypedDict, total=False):
    """What every optimizer takes by keyword beside its own arguments; from `use_ema` on only what changes nothing."""

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
    """With the share of a weight that each step takes off it."""

    weight_decay: float | None


def check_known(kind: type[Any], given: dict[str, Any]) -> None:
    """OpsinError for an argument that there is not, or that Opsin has with its default only."""
    label = kind.__name__
    if "lr" in given:
        raise OpsinError(f"{label} has no argument lr; write learning_rate={given['lr']!r}, as Keras 3 does")
    if given.pop("decay", None) is not None:
        warnings.warn(f"{label} leaves decay aside, as Keras 3 does: give a schedule for learning_rate", stacklevel=4)
    for key, value in given.items():
        if key not in Common.__annotations__ or (key in ABSENT and value != ABSENT[key]):
            known = ", ".join(signature(kind).parameters)
            raise OpsinError(f"{label} has no argument {key}={value!r} here; expected one of {known}")


def signature(kind: type[Any]) -> inspect.Signature:
    """The signature that `help` and editors show: the optimizer's own arguments, then what all share by keyword."""
    own = list(inspect.signature(kind.__init__).parameters.values())[1:]
    named = [parameter for parameter in own if parameter.kind is not inspect.Parameter.VAR_KEYWORD]
    if len(named) == len(own):
        return inspect.Signature(own)
    there = {parameter.name for parameter in named}
    rest = [key for key in Common.__annotations__ if key not in there and key not in ABSENT]
    return inspect.Signature(
        [*named, *(inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=None) for key in rest)]
    )
