"""What all optimizers share: arguments, the learning rate, clipping."""

import numpy as np
import pytest

from opsin import keras as ours
from opsin.core import OpsinError


@pytest.mark.parametrize(("make", "message"), [
    (lambda o: o.SGD(lr=0.1), "SGD has no argument lr. Fix: learning_rate=0.1"),
    (lambda o: o.Adam(beta1=0.5), "Adam does not support beta1=0.5. Expected arguments: learning_rate, beta_1"),
    (lambda o: o.Adam(use_ema=True), "does not support use_ema=True"),
    (lambda o: o.Adam(-1.0), "learning_rate=-1.0. Expected a number of at least 0, or a schedule"),
    (lambda o: o.Adam("fast"), "learning_rate='fast'"),
    (lambda o: o.Adam(clipnorm=1.0, clipvalue=1.0), "Expected at most one"),
])  # fmt: skip
def test_wrong_arguments_say_what_is_expected(make, message):
    with pytest.raises(OpsinError, match=message) as caught:
        make(ours.optimizers)
    assert "\n" not in str(caught.value)


def test_the_rate_can_be_set_while_training_goes_on(describe, images):
    model = ours.Sequential(describe(ours.layers))
    model.compile(ours.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    model.fit(*images, verbose=0)
    model.optimizer.learning_rate = 0.0
    before = model.get_weights()
    model.fit(*images, verbose=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
