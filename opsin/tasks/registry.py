"""Tasks by name: the one that fits a table's target, and tasks from JSON."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np

from opsin.core import DataError, ModelFileError, did_you_mean
from opsin.data import Target, TargetKind

from .classification.classify import Classify
from .classification.multilabel import MultiLabel
from .detection.detect import Detect
from .embedding import Embed
from .regression import Regress
from .segmentation.instances import Instances
from .segmentation.segment import Segment
from .segmentation.volumes import SegmentVolumes
from .task import Task

_TASKS: dict[str, type[Any]] = {
    task.name: task for task in (Classify, MultiLabel, Regress, Detect, Segment, SegmentVolumes, Instances, Embed)
}


def register(task: type[Any]) -> type[Any]:
    """Adds a task class, so that `opsin.train(..., task=name)` and model files know it; usable as a decorator.

    A task is made by its class method `from_targets(names, train_targets)` where it has one, else by `task(names)`.

    Args:
        task: Frozen dataclass that keeps the contract `Task`, with class attributes `name` and `target_kind`.

    Returns:
        The class.

    Raises:
        DataError: Another class has this name.
    """
    if _TASKS.setdefault(task.name, task) is not task:
        raise DataError(f"task {task.name!r} is registered already. Expected a new name. Fix: rename the task.")
    return task


def names() -> tuple[str, ...]:
    """Returns the names of all tasks."""
    return tuple(_TASKS)


def target_kind(name: str | None) -> TargetKind | None:
    """Returns the kind of target that a task learns; None for None.

    Examples:
        >>> target_kind("segment")
        MASKS
    """
    if name is None:
        return None
    if name not in _TASKS:
        raise DataError(f"task {name!r} is unknown.{did_you_mean(name, _TASKS)} Expected one of {', '.join(_TASKS)}.")
    return _TASKS[name].target_kind


def choose(
    target: Target,
    train_targets: np.ndarray,
    name: str | None = None,
    spacing: tuple[float, float, float] | None = None,
) -> Task:
    """Returns the task for a target.

    Args:
        target: Kind and names of a table's target.
        train_targets: Targets of the training rows.
        name: Name of a task; by default the first one that learns this kind of target.
        spacing: Distance between the voxels of volumes, in millimetres, for tasks that measure distances.

    Raises:
        DataError: The name is unknown, or the task does not fit the target.

    Examples:
        >>> from opsin.data import CLASSES
        >>> choose(Target(CLASSES, ("cat", "dog")), np.array([0, 1])).name
        'classify'
    """
    wanted = target_kind(name)
    if wanted is not None and wanted is not target.kind:
        fitting = ", ".join(task for task, one in _TASKS.items() if one.target_kind is target.kind)
        raise DataError(f"task {name!r} does not fit a target of {target.kind}. Expected {fitting}.")
    chosen = _TASKS[name] if name else next(task for task in _TASKS.values() if task.target_kind is target.kind)
    make = getattr(chosen, "from_targets", None)
    task = chosen(target.names) if make is None else make(target.names, train_targets)
    return task if spacing is None else task.with_spacing(spacing)


def task_from_json(data: Mapping[str, Any]) -> Task:
    """Returns the task that `to_json` wrote; raises ModelFileError if there is none.

    Examples:
        >>> task_from_json(Classify(("a", "b")).to_json()) == Classify(("a", "b"))
        True
    """
    kinds: dict[str, Callable[..., Task]] = dict(_TASKS)
    try:
        fields: dict[str, Any] = {}
        for key, value in data.items():
            fields[key] = tuple(cast("list[Any]", value)) if isinstance(value, list) else value
        return kinds[fields.pop("task")](**fields)
    except KeyError as error:
        raise ModelFileError(
            f"the task {data.get('task')!r} is unknown. Expected one of {', '.join(kinds)}."
        ) from error
    except (AttributeError, TypeError, DataError) as error:
        raise ModelFileError(f"the task {data!r:.200} cannot be read: {error}") from error
