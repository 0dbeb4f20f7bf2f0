"""What `compile` takes, and what a file keeps of it."""

import pytest

from opsin import keras as ours
from opsin.core import OpsinError


@pytest.mark.parametrize(("options", "listed"), [
    ({"loss_weights": [2.0]}, "Expected None: the model has one output"),
    ({"optimizer": "adma"}, "adam, adamw, sgd, rmsprop"),
    ({"loss": "crossentropie"}, "categorical_crossentropy, sparse_categorical_crossentropy"),
    ({"metrics": ["acuracy"]}, "accuracy, "),
    ({"metrics": "accuracy"}, r"Expected a list such as \['accuracy'\]"),
])  # fmt: skip
def test_unknown_names_list_the_known(describe, options, listed):
    model = ours.Sequential(describe(ours.layers))
    with pytest.raises(OpsinError, match=listed):
        model.compile(**options)


def test_a_list_of_one_loss_and_metrics_by_output_are_taken(describe, images):
    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", ["sparse_categorical_crossentropy"], metrics={"dense": ["accuracy"]})
    assert set(model.evaluate(*images, verbose=0, return_dict=True)) == {"loss", "accuracy"}
    with pytest.raises(OpsinError, match=r"loss is a list of 2. Expected one"):
        model.compile("sgd", ["mse", "mae"])


@pytest.mark.parametrize(("options", "message"), [
    ({"loss": lambda y_true, y_pred: (y_true - y_pred).mean(-1)}, "is Python code and cannot be saved"),
    ({"loss": "mse", "metrics": [lambda y_true, y_pred: y_pred.std(-1)]}, "is Python code and cannot be saved"),
])  # fmt: skip
def test_code_of_your_own_does_not_go_into_a_file(describe, tmp_path, options, message):
    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", **options)
    with pytest.raises(OpsinError, match=message):
        model.save(tmp_path / "m.keras")
    assert not list(tmp_path.iterdir())


def test_without_a_loss_or_targets_it_says_so(describe, images):
    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd")
    with pytest.raises(OpsinError, match=r"has no loss. Fix: compile it with one"):
        model.fit(*images, verbose=0)
    model.compile("sgd", "mse")
    with pytest.raises(OpsinError, match=r"Targets are missing. Fix: pass y"):
        model.fit(images[0], verbose=0)
