"""The target says the task; a task file says it again."""

import numpy as np
import pytest

from opsin.core import DataError, ModelFileError
from opsin.data import CLASSES, LABELS, NUMBERS, Target
from opsin.tasks import Classify, MultiLabel, Regress, choose, task_from_json


def test_each_kind_of_target_has_its_task():
    numbers = np.array([[1.0, 5.0], [3.0, 5.0]], np.float32)
    assert choose(Target(CLASSES, ("a", "b")), np.array([0, 1])) == Classify(("a", "b"))
    assert choose(Target(LABELS, ("a",)), np.array([[1.0]])) == MultiLabel(("a",))
    assert choose(Target(NUMBERS, ("x", "y")), numbers) == Regress(("x", "y"), (2.0, 5.0), (1.0, 1.0))


@pytest.mark.parametrize("name", ["regress", "detekt"])
def test_a_task_that_does_not_fit_is_refused(name):
    with pytest.raises(DataError, match="Expected"):
        choose(Target(CLASSES, ("a", "b")), np.array([0, 1]), name)


@pytest.mark.parametrize(
    "data",
    [
        {},
        [],
        None,
        {"task": ["classify"]},
        {"task": "eval", "names": ["a", "b"]},
        {"task": "classify"},
        {"task": "classify", "names": "ab"},
        {"task": "classify", "names": [["a"], "b"]},
        {"task": "classify", "names": ["a", "b"], "temperature": "hot"},
        {"task": "classify", "names": ["a", "b"], "mean": [1]},
        {"task": "regress", "names": ["a"], "mean": [0], "spread": [0]},
        {"task": "regress", "names": ["a"], "mean": 0, "spread": 1},
        {"task": "regress", "names": ["a"], "mean": {"a": 0}, "spread": [1]},
    ],
)
def test_a_foreign_file_is_refused_in_one_line(data):
    with pytest.raises(ModelFileError) as caught:
        task_from_json(data)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e7])
def test_constant_numbers_have_a_harmless_spread(constant):
    task = choose(Target(NUMBERS, ("x",)), np.full((1000, 1), constant, np.float32))
    assert task.spread == (1.0,) and abs(task.encode(np.array([[constant]], np.float32))[0, 0]) < 0.1
