"""Metrics: accumulation over batches, reset, and custom metrics."""

import numpy as np
import pytest

from opsin import keras as ours

GENERATOR = np.random.default_rng(0)
P = GENERATOR.dirichlet(np.ones(4), 60).astype(np.float32)
Y = GENERATOR.integers(0, 4, 60)
HOT = np.eye(4, dtype=np.float32)[Y]
BINARY = (Y % 2).astype(np.float32)


def test_reset_forgets():
    metric = ours.metrics.CategoricalAccuracy()
    metric.update_state(HOT, HOT)
    assert metric.result() == 1.0
    metric.reset_state()
    assert metric.result() == 0.0


def test_a_function_of_your_own_is_a_metric(oracle, twins, describe, images):
    x, y = images

    def spread(y_true, y_pred):
        return y_pred.std(-1)

    found = []
    for model in twins(describe):
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=[spread])
        found.append(model.evaluate(x, y, verbose=0, return_dict=True)["spread"])
    assert found[1] == pytest.approx(found[0], abs=1e-5)


def test_a_class_of_your_own_is_reset_each_epoch(describe, images):
    class Seen(ours.metrics.Metric):
        def __init__(self):
            super().__init__("seen")
            self.reset_state()

        def reset_state(self):
            self.count = 0

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.count += len(y_true)

        def result(self):
            return self.count

    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=[Seen()])
    assert model.fit(*images, epochs=2, batch_size=8, verbose=0).history["seen"] == [24, 24]


def test_a_weighted_mean_matches_keras(oracle):
    values, weights = np.array([1.0, 3.0, 5.0], np.float32), np.array([1.0, 0.0, 3.0], np.float32)
    found = []
    for keras in (oracle, ours):
        mean = keras.metrics.Mean()
        mean.update_state(values)
        mean.update_state(values, sample_weight=weights)
        found.append(float(mean.result()))
    assert found[1] == pytest.approx(found[0]) == 25 / 7
