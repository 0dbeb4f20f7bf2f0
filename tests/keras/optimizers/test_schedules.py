"""Learning rates over the steps are Keras's."""

import pytest

from opsin import keras as ours
from opsin.core import OpsinError


@pytest.mark.parametrize("schedule", [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5, "staircase": True}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 6, "alpha": 0.1}),
    ("CosineDecay", {"initial_learning_rate": 0.01, "decay_steps": 6, "warmup_target": 0.1, "warmup_steps": 3}),
    ("PiecewiseConstantDecay", {"boundaries": [2, 5], "values": [0.1, 0.01, 0.05]}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 6, "power": 2.0}),
])  # fmt: skip
def test_every_schedule_matches_keras(oracle, twins, describe, images, fit_both, schedule):
    x, y = images
    name, settings = schedule

    def compiled(keras):
        optimizers = (keras or oracle).optimizers
        rate = getattr(optimizers.schedules, name)(**settings)
        return {"optimizer": optimizers.SGD(rate, momentum=0.5), "loss": "sparse_categorical_crossentropy"}

    fit_both(twins(describe), x, y, compiled)


def test_a_rate_beyond_the_last_step_is_the_last():
    schedules = ours.optimizers.schedules
    assert schedules.CosineDecay(0.1, 10, alpha=0.1)(1000) == pytest.approx(0.01)
    assert schedules.PolynomialDecay(0.1, 10, end_learning_rate=0.02)(1000) == pytest.approx(0.02)


def test_no_steps_say_so():
    with pytest.raises(OpsinError, match=r"decay_steps=0. Expected a number above 0"):
        ours.optimizers.schedules.ExponentialDecay(0.1, 0, 0.5)
