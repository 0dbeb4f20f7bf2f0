"""Optimizers by name and from a config."""

import pytest

from opsin.core import OpsinError
from opsin.keras.optimizers.names import get


@pytest.mark.parametrize("name", ["adam", "Adam", "SGD", "sgd", "rmsprop", "RMSprop", "adamw", "AdamW"])
def test_names_mean_what_they_mean_in_keras(oracle, name):
    theirs, mine = oracle.optimizers.get(name), get(name)
    assert type(mine).__name__ == type(theirs).__name__
    expected = {key: value for key, value in theirs.get_config().items() if key != "name"}
    found = {key: value for key, value in mine.get_config().items() if key != "name"}
    assert found.pop("learning_rate") == pytest.approx(expected.pop("learning_rate"))
    assert found == expected


def test_an_unknown_name_lists_the_known():
    with pytest.raises(OpsinError, match=r"Unknown optimizer 'adma'. Expected one of adam, adamw, sgd, rmsprop"):
        get("adma")


def test_a_schedule_that_opsin_has_not_is_refused():
    rate = {"class_name": "InverseTimeDecay", "config": {}}
    with pytest.raises(OpsinError, match="Unknown schedule 'InverseTimeDecay'"):
        get({"class_name": "Adam", "config": {"learning_rate": rate}})
