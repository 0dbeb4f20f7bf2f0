import time

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge

from opsin.core import silent
from opsin.data import ImagePreprocessing, open_store, read
from opsin.data.dataset import Dataset
from opsin.model import Model
from opsin.nn import Conv2D, Dense, GlobalAveragePooling2D, Sequential
from opsin.plan import linear_model
from opsin.plan.linear_model import features_of, fit_linear_model
from opsin.tasks import Classify, Regress

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (90, 8, 8, 3), dtype=np.uint8)


def source_of(targets):
    table = read((PIXELS, targets), "numbers" if targets.dtype.kind == "f" else None)
    table = table.with_splits(["train"] * 60 + ["valid"] * 20 + ["test"] * 10)
    return Dataset(table, open_store(table, ImagePreprocessing.of_size((8, 8, 3))), np.arange(90))


def model_of(task, layers=None):
    layers = layers or [Conv2D(6, 3, activation="relu"), GlobalAveragePooling2D(), Dense(task.units)]
    net = Sequential(layers, input_shape=(8, 8, 3), seed=0)
    return Model(net, task, ImagePreprocessing(8, 8, 3, (0.5,) * 3, (0.3,) * 3))


def scaled(features):
    return (features - features[:60].mean(0)) / (features[:60].std() + 1e-6)


def test_one_penalty_gives_the_logistic_regression_on_the_features(monkeypatch):
    monkeypatch.setattr(linear_model, "PENALTIES", (30.0,))
    made, targets = model_of(Classify(("0", "1", "2"))), RNG.integers(0, 3, 90)
    before = {key: value.clone() for key, value in made.network.state_dict().items()}
    fit = fit_linear_model(made, source_of(targets), None, silent)
    x = scaled(features_of(made, PIXELS, np.arange(90)))
    oracle = LogisticRegression(C=1 / 30, tol=1e-8, max_iter=1000).fit(x[:60], targets[:60])
    found = made.logits(PIXELS).softmax(1).numpy()
    np.testing.assert_allclose(found, oracle.predict_proba(x), atol=0.01)
    assert fit.baseline.score == pytest.approx((oracle.predict(x[60:80]) == targets[60:80]).mean())
    assert (fit.baseline.images, fit.baseline.valid_images, fit.baseline.test_images) == (60, 20, 10)
    changed = {key for key, value in made.network.state_dict().items() if not torch.equal(value, before[key])}
    assert changed == {"dense.weight", "dense.bias"}


def test_the_penalty_follows_the_validation_images():
    """Targets that features determine need a weak penalty, targets without relation the strongest."""
    made = model_of(Regress(("size",), (0.0,), (1.0,)))
    x = scaled(features_of(made, PIXELS, np.arange(90)))
    related = (x @ np.arange(1.0, 7.0))[:, None]
    related /= related.std()
    assert fit_linear_model(made, source_of(related), None, silent).baseline.score < 0.2
    close = Ridge(alpha=1.0).fit(x[:60], related[:60, 0]).predict(x)
    assert np.corrcoef(made.predict_batch(PIXELS)[:, 0], close)[0, 1] > 0.99
    fit_linear_model(made, source_of(RNG.normal(size=(90, 1))), None, silent)
    assert made.predict_batch(PIXELS).std() < 0.5


def test_the_fit_keeps_its_share_of_the_time():
    made, source = model_of(Classify(("0", "1", "2"))), source_of(RNG.integers(0, 3, 90))
    begun = time.monotonic()
    fit = fit_linear_model(made, source, 20.0, silent)
    assert fit is not None and time.monotonic() - begun < 10


def test_images_of_another_size_are_enlarged():
    made = model_of(Classify(("0", "1", "2")))
    small = source_of(RNG.integers(0, 3, 90))
    assert features_of(made, small.store.pixels[:, ::2, ::2], np.arange(5)).shape == (5, 6)


def test_a_network_without_a_linear_last_layer_has_no_linear_model():
    made = model_of(Classify(("0", "1", "2")), [Conv2D(3, 8), GlobalAveragePooling2D()])
    assert fit_linear_model(made, source_of(RNG.integers(0, 3, 90)), None, silent) is None
