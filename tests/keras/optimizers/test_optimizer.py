"""What all optimizers share: arguments, the learning rate, clipping."""

import inspect

import numpy as np
import pytest

from opsin import keras as ours
from opsin.core import OpsinError

KINDS = ("SGD", "Adam", "AdamW", "RMSprop")


@pytest.mark.parametrize("name", KINDS)
def test_arguments_that_editors_show_are_kerass(oracle, name):
    theirs = inspect.signature(getattr(oracle.optimizers, name).__init__).parameters
    mine = inspect.signature(getattr(ours.optimizers, name)).parameters
    assert set(mine) <= set(theirs)
    own = [key for key, one in mine.items() if one.kind is not inspect.Parameter.KEYWORD_ONLY]
    assert own == list(theirs)[1 : len(own) + 1]
    for key in own:
        assert mine[key].default == theirs[key].default


@pytest.mark.parametrize(("make", "message"), [
    (lambda o: o.SGD(lr=0.1), "SGD has no argument lr; write learning_rate=0.1"),
    (lambda o: o.Adam(beta1=0.5), "Adam has no argument beta1=0.5 here; expected one of learning_rate, beta_1"),
    (lambda o: o.Adam(use_ema=True), "no argument use_ema=True here"),
    (lambda o: o.Adam(-1.0), "at least 0, or a schedule, for learning_rate, got -1.0"),
    (lambda o: o.Adam("fast"), "for learning_rate, got 'fast'"),
    (lambda o: o.Adam(clipnorm=1.0, clipvalue=1.0), "got more: leave the others out"),
])  # fmt: skip
def test_wrong_arguments_say_what_is_expected(make, message):
    with pytest.raises(OpsinError, match=message) as caught:
        make(ours.optimizers)
    assert "\n" not in str(caught.value)


def test_old_and_new_words_are_taken_as_keras_takes_them(oracle):
    for keras in (oracle, ours):
        with pytest.raises((ValueError, OpsinError)):
            keras.optimizers.SGD(lr=0.1)
        with pytest.warns(UserWarning, match="decay"):
            optimizer = keras.optimizers.SGD(learning_rate=0.5, decay=1e-6)
        assert float(optimizer.learning_rate) == 0.5


def test_the_rate_can_be_set_while_training_goes_on(describe, images):
    model = ours.Sequential(describe(ours.layers))
    model.compile(ours.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    model.fit(*images, verbose=0)
    model.optimizer.learning_rate = 0.0
    before = model.get_weights()
    model.fit(*images, verbose=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
