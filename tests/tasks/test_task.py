"""Every task says everything that the contract asks for, with the same arguments."""

import inspect

import pytest

from opsin.tasks import Classify, MultiLabel, Regress, Task

PROMISED = [name for name in vars(Task) if not name.startswith("_")]


@pytest.mark.parametrize("kind", [Classify, MultiLabel, Regress])
@pytest.mark.parametrize("name", PROMISED)
def test_a_task_has_what_is_promised(kind, name):
    assert hasattr(kind, name) or name in kind.__dataclass_fields__
    promised = getattr(Task, name)
    if callable(promised):
        assert list(inspect.signature(getattr(kind, name)).parameters) == list(inspect.signature(promised).parameters)
