"""A Keras model is measured as it predicts, in the units of its own images."""

import numpy as np
import pytest

from opsin import keras
from opsin.core import DataError, NetworkError


def network(*head, channels=1):
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.MaxPooling2D(2), keras.layers.Flatten()]
    return keras.Sequential([keras.Input((12, 12, channels)), *layers, *head])


def pictures(most, channels=1, count=1):
    pixels = np.random.default_rng(0).integers(0, 256, (count, 12, 12, channels))
    return (pixels * (most / 255)).astype(np.float32)


@pytest.mark.parametrize(("most", "channels"), [(1, 1), (1, 3), (255, 1), (255, 3)])
@pytest.mark.parametrize(("units", "activation"), [(3, "softmax"), (2, "sigmoid"), (1, "sigmoid"), (1, None)])
def test_the_prediction_is_that_of_the_model(most, channels, units, activation):
    model = network(keras.layers.Dense(units, activation=activation), channels=channels)
    x = pictures(most, channels)
    wanted = model.predict(x, verbose=0)[0]
    found = model.explain(x[0])
    values = [value for value in found.prediction.values() if isinstance(value, float)]
    for value in wanted:
        assert min(abs(one - value) for one in values) < 0.01 * max(1, abs(value))
    assert found.largest_change_outside == found.largest_shift_difference == 0.0
    assert found.parameters == model.count_params()


def test_data_names_and_a_page(tmp_path):
    model = network(keras.layers.Dropout(0.5), keras.layers.Dense(2, activation="softmax"))
    x, y = pictures(1, count=40), np.arange(40) % 2
    x[y == 1, :6] *= 0.1
    one_hot = model.explain(x[:1], data=(x, np.eye(2)[y]), names=["flat", "half"], out=tmp_path / "inside.html")
    indices = model.explain(x[0], data=(x, y))
    assert one_hot.hierarchy == indices.hierarchy != ()
    assert one_hot.prediction["label"] in ("flat", "half")
    assert "half" in (tmp_path / "inside.html").read_text(encoding="utf-8")
    with pytest.raises(DataError, match=r"shape \(5, 12, 1\). Expected \(12, 12, 1\)"):
        model.explain(x[0, :5])


@pytest.mark.parametrize("x", [pictures(1) * 2 - 1, pictures(1) * 300, pictures(1) * np.nan])
def test_other_units_are_refused_in_one_line(x):
    with pytest.raises(DataError, match=r"Expected 0 to 1 or 0 to 255. Fix: move other normalizations into the model"):
        network(keras.layers.Dense(2, activation="softmax")).explain(x)


def test_models_without_images_or_a_vector_are_refused():
    with pytest.raises(NetworkError, match="Expected images"):
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).explain(np.zeros(4))
    with pytest.raises(NetworkError, match="Expected a vector"):
        keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3)]).explain(np.zeros((8, 8, 1)))
