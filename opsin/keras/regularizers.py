"""L1 and L2 regularizers: penalties on the weights, added to the loss."""

from typing import Any

import torch
from torch import Tensor

from opsin.core import NetworkError

from .missing import missing as _missing


class L1L2:
    """Penalty of `l1 * sum(abs(w)) + l2 * sum(w**2)`.

    Args:
        l1: Factor of the absolute values.
        l2: Factor of the squares.

    Examples:
        >>> float(L1L2(l2=0.5)(torch.tensor([1.0, 2.0])))
        2.5
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        for name, value in (("l1", l1), ("l2", l2)):
            if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:  # pyright: ignore[reportUnnecessaryIsInstance]
                raise NetworkError(f"A regularizer got {name}={value!r}. Expected a number of at least 0.")
        self.l1, self.l2 = float(l1), float(l2)

    def __call__(self, weight: Tensor) -> Tensor:
        penalty = torch.zeros((), device=weight.device)
        if self.l1:
            penalty = penalty + self.l1 * weight.abs().sum()
        return penalty + self.l2 * weight.square().sum() if self.l2 else penalty


class L1(L1L2):
    """Penalty of `l1 * sum(abs(w))`.

    Args:
        l1: Factor of the absolute values.
    """

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=l1)


class L2(L1L2):
    """Penalty of `l2 * sum(w**2)`.

    Args:
        l2: Factor of the squares.
    """

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=l2)


l1, l2, l1_l2 = L1, L2, L1L2
_NAMES: dict[str, type[L1L2]] = {"l1": L1, "l2": L2, "l1_l2": L1L2, "L1": L1, "L2": L2, "L1L2": L1L2}


def regularizer(value: Any, label: str, field: str) -> L1L2 | None:
    """Returns the regularizer of an object, a name or None. Raises NetworkError for anything else."""
    if value is None or isinstance(value, L1L2):
        return value
    if isinstance(value, str) and value in _NAMES:
        return L1L2(0.01, 0.01) if _NAMES[value] is L1L2 else _NAMES[value]()
    raise NetworkError(
        f"{label} got {value!r} for {field}. Expected None, 'l1', 'l2', 'l1_l2' or an object of keras.regularizers."
    )


__getattr__ = _missing(__name__)
