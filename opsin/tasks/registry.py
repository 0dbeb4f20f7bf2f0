"""Which task a table's target asks for, and tasks back from a file."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np

from opsin.core import DataError, ModelFileError
from opsin.data import CLASSES, LABELS, Target

from .classification.classify import Classify
from .classification.multilabel import MultiLabel
from .detection.detect import Detect
from .regression import Regress
from .segmentation.instances import Instances
from .segmentation.segment import Segment
from .task import Task

NAMES = {
    "classes": "classify",
    "labels": "multilabel",
    "numbers": "regress",
    "boxes": "detect",
    "masks": "segment",
    "instances": "instances",
}

_TASKS = (Classify, MultiLabel, Regress, Detect, Segment, Instances)
_OF_PLACES: dict[str, Callable[[tuple[str, ...]], Task]] = {"boxes": Detect, "masks": Segment, "instances": Instances}


def choose(target: Target, train_targets: np.ndarray, name: str | None = None) -> Task:
    """The task for this kind of target; `train_targets` are those of the training rows.

    Raises DataError when `name` asks for a task that the target does not fit.

    >>> choose(Target(CLASSES, ("cat", "dog")), np.array([0, 1])).name
    'classify'
    """
    if name is not None and name not in NAMES.values():
        raise DataError(f"task {name!r} is unknown; expected one of {', '.join(NAMES.values())}")
    if name is not None and name != NAMES[target.kind.word]:
        raise DataError(f"task {name!r} does not fit a target of {target.kind}; expected {NAMES[target.kind.word]!r}")
    if target.kind is CLASSES:
        return Classify(target.names)
    if target.kind is LABELS:
        return MultiLabel(target.names)
    if target.kind.word in _OF_PLACES:
        return _OF_PLACES[target.kind.word](target.names)
    train_targets = train_targets.astype(np.float64)  # in float32 a constant has a spread of rounding errors
    spread = train_targets.std(0)
    spread = np.where(spread > 0, spread, 1.0)
    return Regress(target.names, tuple(train_targets.mean(0).tolist()), tuple(spread.tolist()))


def task_from_json(data: Mapping[str, Any]) -> Task:
    """The task that `to_json` wrote; raises ModelFileError when it is none.

    >>> task_from_json(Classify(("a", "b")).to_json()) == Classify(("a", "b"))
    True
    """
    kinds: dict[str, Callable[..., Task]] = {kind.name: kind for kind in _TASKS}
    try:
        fields: dict[str, Any] = {}
        for key, value in data.items():
            fields[key] = tuple(cast("list[Any]", value)) if isinstance(value, list) else value
        return kinds[fields.pop("task")](**fields)
    except KeyError as error:
        raise ModelFileError(f"the task {data.get('task')!r} is unknown; expected one of {', '.join(kinds)}") from error
    except (AttributeError, TypeError, DataError) as error:
        raise ModelFileError(f"the task {data!r:.200} cannot be read: {error}") from error
