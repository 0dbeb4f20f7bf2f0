"""Layers take Keras's arguments in its order, with its defaults and first weights."""

import inspect

import numpy as np
import pytest

from opsin import keras as ours
from opsin.core import NetworkError

KINDS = sorted(
    name
    for name, kind in vars(ours.layers).items()
    if isinstance(kind, type) and issubclass(kind, ours.layers.Layer) and kind.__name__ == name and name != "Layer"
)


@pytest.mark.parametrize("name", KINDS)
def test_arguments_match_keras(oracle, name):
    theirs = inspect.signature(getattr(oracle.layers, name).__init__).parameters
    mine = inspect.signature(getattr(ours.layers, name)).parameters
    aside = {"self", "kwargs", "lora_rank", "lora_alpha", "quantization_config", "name", "dtype"}
    expected = [p for key, p in theirs.items() if key not in aside]
    shared = ("name", "trainable", "dtype", "input_shape", "batch_input_shape", "batch_shape", "input_dim")
    found = [p for key, p in mine.items() if key not in shared]
    assert [p.name for p in found] == [p.name for p in expected]
    for one, other in zip(found, expected, strict=True):
        if other.default is inspect.Parameter.empty and one.default is not inspect.Parameter.empty:
            continue  # pool_size has a default here throughout
        assert one.default in (other.default, np.array(other.default).flat[0]), one


def test_all_of_the_layer_language_that_keras_has_is_there(oracle):
    from opsin.nn.from_json import KINDS as known

    assert [name for name in known if hasattr(oracle.layers, name) and not hasattr(ours.layers, name)] == []


@pytest.mark.parametrize("initializer", ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal"])
@pytest.mark.parametrize("kind", ["Conv2D", "Dense", "DepthwiseConv2D"])
def test_first_weights_have_keras_distribution(oracle, kind, initializer):
    field = "depthwise_initializer" if kind == "DepthwiseConv2D" else "kernel_initializer"
    given = {"Conv2D": (64, 3), "Dense": (64,), "DepthwiseConv2D": (7,)}[kind]
    shape = (400,) if kind == "Dense" else (8, 8, 40 if kind == "Conv2D" else 512)
    drawn = []
    for keras in (oracle, ours):
        keras.utils.set_random_seed(3)
        model = keras.Sequential(
            [keras.layers.Input(shape), getattr(keras.layers, kind)(*given, **{field: initializer})]
        )
        drawn.append(np.sort(model.get_weights()[0].ravel()))
        np.testing.assert_array_equal(model.get_weights()[1], 0)
    assert drawn[1].std() == pytest.approx(drawn[0].std(), rel=0.03)
    for share in (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99):
        quantiles = [values[int(share * len(values))] for values in drawn]
        assert quantiles[1] == pytest.approx(quantiles[0], abs=float(0.06 * drawn[0].std()))
    assert np.abs(drawn[1]).max() == pytest.approx(np.abs(drawn[0]).max(), rel=0.02)


@pytest.mark.parametrize(("make", "message"), [
    (lambda k: k.Conv2D(3), "missing a required argument: 'kernel_size'"),
    (lambda k: k.Conv2D(3, 3, filter=2), "has no argument 'filter'. Expected filters, kernel_size"),
    (lambda k: k.Conv2D(0, 3), "filters=0. Expected an integer of at least 1"),
    (lambda k: k.Dense(3, activation="rleu"), "'rleu' for activation. Expected .*'relu'"),
    (lambda k: k.Dense(3, kernel_initializer="he"), "'he' for kernel_initializer. Expected .*'he_normal'"),
    (lambda k: k.Dense(3, kernel_constraint="max_norm"), "kernel_constraint='max_norm'. Expected None"),
    (lambda k: k.Dense(3, kernel_regularizer="l3"), "got 'l3' for kernel_regularizer"),
    (lambda k: k.Conv2D(3, 3, data_format="channels_first"), "data_format='channels_first'. Expected None"),
    (lambda k: k.BatchNormalization(axis=1), "axis=1. Expected -1"),
    (lambda k: k.LeakyReLU(-1), "negative_slope=-1. Expected a number from 0 to 1e\\+30"),
    (lambda k: k.Softmax(1), "got axis=1. Expected one of -1"),
    (lambda k: k.PReLU(alpha_constraint="non_neg"), "alpha_constraint='non_neg'. Expected None"),
    (lambda k: k.Input((None, None, 3)), r"Expected \(height, width, channels\)"),
    (lambda k: k.Input(), "has no shape"),
    (lambda k: k.Dropout(2), "rate=2. Expected a number"),
])  # fmt: skip
def test_wrong_arguments_say_what_is_expected(make, message):
    with pytest.raises(NetworkError, match=message) as caught:
        make(ours.layers)
    assert "\n" not in str(caught.value)


def test_positional_arguments_mean_what_they_mean_in_keras(oracle):
    for keras in (oracle, ours):
        layer = keras.layers.Conv2D(8, 3, 1, "same", "channels_last", 2, 2, "relu", False)
        assert (layer.filters, layer.padding, layer.groups, layer.use_bias) == (8, "same", 2, False)
        assert tuple(layer.dilation_rate) == (2, 2)


def test_objects_stand_for_names():
    k = ours.layers
    assert k.Dense(3, activation=ours.activations.relu).activation == "relu"
    assert k.Dense(3, kernel_initializer=ours.initializers.HeNormal(seed=1)).kernel_initializer == "he_normal"
    assert k.Dense(3, kernel_initializer="HeNormal").kernel_initializer == "he_normal"
    assert k.ReLU(6.0).max_value == 6
    assert k.MaxPool2D is k.MaxPooling2D


def test_names_count_over_the_session():
    ours.backend.clear_session()
    names = [ours.layers.Dense(1).name for _ in range(2)] + [ours.layers.MaxPooling2D().name]
    assert names == ["dense", "dense_1", "max_pooling2d"]
    assert ours.Sequential().name == "sequential"


def test_the_old_word_for_a_slope_is_taken_with_a_warning(oracle):
    for keras in (oracle, ours):
        with pytest.warns(UserWarning, match="negative_slope"):
            assert keras.layers.LeakyReLU(alpha=0.1).negative_slope == 0.1


@pytest.mark.parametrize("shared", [None, [1, 2], 3])
def test_learned_slopes_are_keras_weights(oracle, shared):
    rng = np.random.default_rng(0)
    x, predictions, weights = rng.normal(size=(3, 5, 4, 2)).astype("float32"), [], None
    for keras in (oracle, ours):
        layers = keras.layers
        slope = layers.PReLU(shared_axes=shared, alpha_regularizer="l2")
        model = keras.Sequential([layers.Input((5, 4, 2)), slope, layers.Flatten(), layers.Dense(3), layers.Softmax()])
        weights = weights or [rng.normal(size=value.shape).astype("float32") for value in model.get_weights()]
        model.set_weights(weights)
        for kept, given in zip(model.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(kept, given)
        model.compile("sgd", "categorical_crossentropy")
        predictions.append((model.predict(x, verbose=0), model.evaluate(x, np.eye(3), verbose=0)))
        model.fit(x, np.eye(3), epochs=3, verbose=0, shuffle=False)
        predictions[-1] += tuple(model.get_weights())
    for mine, theirs in zip(predictions[1], predictions[0], strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5)
