"""fit does what Keras's does: the same History and the same weights, from the same start."""

import numpy as np
import pytest
import torch

from opsin import keras as ours
from opsin.core import DataError, OpsinError

HOT = np.eye(3, dtype=np.float32)
OPTIMIZERS = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("SGD", {"learning_rate": 0.5, "clipnorm": 0.1}),
    ("SGD", {"learning_rate": 0.5, "clipvalue": 0.01}),
    ("SGD", {"learning_rate": 0.5, "global_clipnorm": 0.1}),
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.01, "amsgrad": True, "epsilon": 1e-3}),
    ("Adam", {"weight_decay": 0.1}),
    ("AdamW", {}),
    ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.5}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.5}),
    ("RMSprop", {"centered": True, "epsilon": 1e-3}),
]
# loss, its settings, units, last activation, targets from class numbers
LOSSES = [
    ("CategoricalCrossentropy", {}, 3, "softmax", lambda y: HOT[y]),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, 3, "softmax", lambda y: HOT[y]),
    ("CategoricalCrossentropy", {"from_logits": True}, 3, None, lambda y: HOT[y]),
    ("SparseCategoricalCrossentropy", {}, 3, "softmax", lambda y: y),
    ("SparseCategoricalCrossentropy", {}, 3, "softmax", lambda y: y[:, None]),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, 3, None, lambda y: y),
    ("BinaryCrossentropy", {}, 1, "sigmoid", lambda y: y % 2),
    ("BinaryCrossentropy", {"from_logits": True}, 1, None, lambda y: (y % 2)[:, None]),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, 3, "sigmoid", lambda y: HOT[y]),
    ("MeanSquaredError", {}, 1, None, lambda y: y.astype(float)),
    ("MeanAbsoluteError", {}, 3, None, lambda y: HOT[y]),
    ("Huber", {"delta": 0.3}, 3, None, lambda y: HOT[y]),
    ("LogCosh", {}, 3, "tanh", lambda y: HOT[y]),
    ("KLDivergence", {}, 3, "softmax", lambda y: HOT[y]),
    ("Poisson", {}, 3, "softplus", lambda y: HOT[y]),
    ("Hinge", {}, 3, "tanh", lambda y: HOT[y]),
    ("SquaredHinge", {}, 3, "tanh", lambda y: HOT[y]),
    ("MeanSquaredLogarithmicError", {}, 3, "sigmoid", lambda y: HOT[y]),
    ("MeanAbsolutePercentageError", {}, 3, "sigmoid", lambda y: HOT[y] + 1),
    ("MeanSquaredError", {"reduction": "sum"}, 3, "sigmoid", lambda y: HOT[y]),
]


def same_weights(mine, theirs):
    for a, b in zip(mine.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4, rtol=1e-4)


def fit_both(pair, x, y, close, compiled, **more):
    """Both fitted in the same way; gives the models."""
    theirs, mine = pair
    keys = {"epochs": 2, "batch_size": 8, "shuffle": False, "verbose": 0, **more}
    histories = []
    for model, keras in ((theirs, None), (mine, ours)):
        model.compile(**compiled(keras))
        histories.append(model.fit(x, y, **{k: v(keras) if callable(v) else v for k, v in keys.items()}))
    close(histories[1].history, histories[0].history)
    assert histories[1].epoch == histories[0].epoch
    same_weights(mine, theirs)
    return theirs, mine


@pytest.mark.parametrize(("name", "settings"), OPTIMIZERS)
def test_every_optimizer_steps_as_kerass(oracle, twins, describe, images, close, name, settings):
    x, y = images

    def compiled(keras):
        optimizer = getattr((keras or oracle).optimizers, name)(**settings)
        return {"optimizer": optimizer, "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}

    fit_both(twins(describe), x, y, close, compiled, validation_split=0.25)


@pytest.mark.parametrize("schedule", [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5, "staircase": True}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 6, "alpha": 0.1}),
    ("CosineDecay", {"initial_learning_rate": 0.01, "decay_steps": 6, "warmup_target": 0.1, "warmup_steps": 3}),
    ("PiecewiseConstantDecay", {"boundaries": [2, 5], "values": [0.1, 0.01, 0.05]}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 6, "power": 2.0}),
])  # fmt: skip
def test_every_schedule_is_kerass(oracle, twins, describe, images, close, schedule):
    x, y = images
    name, settings = schedule

    def compiled(keras):
        optimizers = (keras or oracle).optimizers
        rate = getattr(optimizers.schedules, name)(**settings)
        return {"optimizer": optimizers.SGD(rate, momentum=0.5), "loss": "sparse_categorical_crossentropy"}

    fit_both(twins(describe), x, y, close, compiled)


@pytest.mark.parametrize("case", LOSSES, ids=lambda case: f"{case[0]}-{case[1]}-{case[3]}")
def test_every_loss_is_kerass(oracle, twins, describe, images, close, case):
    name, settings, units, activation, target = case
    x, y = images

    def compiled(keras):
        return {
            "optimizer": "sgd",
            "loss": getattr((keras or oracle).losses, name)(**settings),
            "metrics": ["accuracy"],
        }

    pair = twins(lambda layers: describe(layers, units, activation))
    fit_both(pair, x, target(y), close, compiled, validation_split=0.25)


@pytest.mark.parametrize("name", [
    "categorical_crossentropy", "mse", "mae", "mean_squared_error", "binary_crossentropy", "huber", "log_cosh",
    "kl_divergence",
])  # fmt: skip
def test_losses_by_name(oracle, twins, describe, images, close, name):
    x, y = images
    fit_both(twins(describe), x, HOT[y], close, lambda keras: {"optimizer": "adam", "loss": name, "metrics": ["mse"]})


def test_evaluate_and_predict_are_kerass(twins, describe, images):
    x, y = images
    theirs, mine = twins(describe)
    for model in (theirs, mine):
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    np.testing.assert_allclose(mine.predict(x, verbose=0), theirs.predict(x, verbose=0), atol=1e-5)
    np.testing.assert_allclose(mine.evaluate(x, y, verbose=0), theirs.evaluate(x, y, verbose=0), atol=1e-5)
    said, expected = (m.evaluate(x, y, verbose=0, return_dict=True, batch_size=7) for m in (mine, theirs))
    assert set(said) == set(expected)
    for key, value in expected.items():
        assert said[key] == pytest.approx(value, abs=1e-5)
    weights = np.linspace(0, 2, len(y)).astype(np.float32)
    said, expected = (m.evaluate(x, y, sample_weight=weights, verbose=0) for m in (mine, theirs))
    np.testing.assert_allclose(said, expected, atol=1e-5)


def compiled(keras):
    return {"optimizer": "adam", "loss": "categorical_crossentropy", "metrics": ["accuracy"],
            "weighted_metrics": ["categorical_accuracy"]}  # fmt: skip


def test_class_weight_is_kerass(twins, describe, images, close):
    x, y = images
    fit_both(twins(describe), x, HOT[y], close, compiled, class_weight={0: 1.0, 1: 5.0, 2: 0.5}, validation_split=0.2)


def test_class_weight_of_class_numbers_is_kerass(twins, describe, images, close):
    x, y = images
    told = {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy"}
    fit_both(twins(describe), x, y, close, lambda keras: told, class_weight={0: 3.0, 1: 1.0, 2: 0.5})


def test_sample_weight_is_kerass(twins, describe, images, close):
    x, y = images
    weights = np.linspace(0, 2, len(y)).astype(np.float32)
    fit_both(twins(describe), x, HOT[y], close, compiled, sample_weight=weights, validation_split=0.2)


def test_validation_data_is_kerass(twins, describe, images, close):
    x, y = images
    held_out = (x[:7], HOT[y[:7]], np.linspace(1, 2, 7).astype(np.float32))
    fit_both(twins(describe), x, HOT[y], close, compiled, validation_data=held_out, validation_freq=2, epochs=4)


def test_batch_normalization_is_kerass(twins, describe, images, close):
    x, y = images

    def normalized(layers):
        first, *rest = describe(layers)
        return [first, layers.BatchNormalization(momentum=0.5), *rest]

    fit_both(twins(normalized), x, HOT[y], close, compiled, validation_split=0.2)


def test_regularizers_are_kerass(oracle, twins, describe, images, close):
    x, y = images

    def regularized(layers):
        regularizers = (ours if layers is ours.layers else oracle).regularizers
        return [
            layers.Conv2D(4, 3, kernel_regularizer=regularizers.l2(0.05), bias_regularizer="l1", input_shape=(8, 8, 3)),
            layers.DepthwiseConv2D(3, depthwise_regularizer=regularizers.L1L2(0.01, 0.02)),
            layers.Flatten(),
            layers.Dense(3, activation="softmax", kernel_regularizer="l2"),
        ]

    fit_both(twins(regularized), x, HOT[y], close, compiled, validation_split=0.2)


def test_frozen_layers_stay(twins, describe, images, close):
    x, y = images
    pair = twins(lambda layers: [*describe(layers)[:1], layers.BatchNormalization(), *describe(layers)[2:]])
    for model in pair:
        model.layers[0].trainable = False
        model.layers[1].trainable = False
    before = pair[1].layers[0].get_weights() + pair[1].layers[1].get_weights()
    fit_both(pair, x, HOT[y], close, compiled)
    for a, b in zip(before, pair[1].layers[0].get_weights() + pair[1].layers[1].get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("frozen", [True, False])
def test_a_model_inside_is_trained_as_keras_does(oracle, images, close, frozen):
    x, y = images
    pair = []
    for keras in (oracle, ours):
        k = keras.layers
        # No bias: its gradient before a normalization is 0 but for rounding, which Adam would make steps of.
        convolution = k.Conv2D(4, 3, use_bias=False, kernel_regularizer="l2")
        inside = [k.Input((8, 8, 3)), convolution, k.BatchNormalization(momentum=0.5)]
        base = keras.Sequential(inside)
        pair.append(keras.Sequential([k.Input((8, 8, 3)), base, k.Flatten(), k.Dense(3, activation="softmax")]))
        base.trainable = not frozen
    weights = ours.Sequential(pair[1].layers).get_weights()
    pair[0].set_weights(weights)
    fit_both(pair, x, HOT[y], close, compiled)


@pytest.mark.parametrize("kind", ["loader", "list", "tensors"])
def test_batches_from_elsewhere(twins, describe, images, close, kind):
    x, y = images
    theirs, mine = twins(describe)
    told = {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy"}
    for model in (theirs, mine):
        model.compile(**told)
    expected = theirs.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    given = {
        "loader": (
            torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*map(torch.from_numpy, images)), 8),
            None,
        ),
        "list": (Batched(x, y, 8), None),
        "tensors": (torch.from_numpy(x), torch.from_numpy(y)),
    }[kind]
    more = {"batch_size": 8, "shuffle": False} if kind == "tensors" else {}
    history = mine.fit(given[0], given[1], epochs=2, verbose=0, **more)
    close(history.history, expected.history)
    same_weights(mine, theirs)


class Batched:
    """An iterable that is not an array."""

    def __init__(self, x, y, size):
        self.x, self.y, self.size = x, y, size

    def __iter__(self):
        for start in range(0, len(self.x), self.size):
            yield self.x[start : start + self.size], self.y[start : start + self.size]


def test_an_endless_generator_goes_on_where_it_was(twins, describe, images, close):
    x, y = images

    def endless():
        while True:
            yield from Batched(x, y, 8)

    pair = twins(describe)
    histories = []
    for model in pair:
        model.compile("sgd", "sparse_categorical_crossentropy")
        histories.append(model.fit(endless(), steps_per_epoch=2, epochs=4, verbose=0).history)
    close(histories[1], histories[0])
    same_weights(*pair)


def test_initial_epoch_and_history(twins, describe, images, close):
    x, y = images
    fit_both(twins(describe), x, HOT[y], close, compiled, initial_epoch=2, epochs=4)


def test_shuffling_is_seeded_and_covers_every_image(describe, images):
    from opsin.keras.batches import make_batches

    x = np.arange(100).reshape(100, 1)
    orders = []
    for seed in (1, 1, 2):
        ours.utils.set_random_seed(seed)
        orders.append(np.concatenate([b[0].numpy()[:, 0] for b in make_batches(x, size=7, shuffle=True)]))
    np.testing.assert_array_equal(orders[0], orders[1])
    assert (orders[0] != orders[2]).any()
    np.testing.assert_array_equal(np.sort(orders[0]), np.arange(100))


def test_interrupt_leaves_a_usable_model(describe, images):
    import os
    import signal

    x, y = images
    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", "sparse_categorical_crossentropy")

    def stop(epoch, logs):
        if epoch == 1:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, epochs=50, verbose=0, callbacks=[ours.callbacks.LambdaCallback(on_epoch_end=stop)])
    assert model.history.epoch == [0, 1]
    assert np.isfinite(model.predict(x, verbose=0)).all()
    assert not any(module._forward_hooks for module in model.network.modules())
    model.fit(x, y, epochs=1, verbose=0)


@pytest.mark.parametrize(("change", "message"), [
    ({"x": np.zeros((4, 3, 8, 8))}, r"channels come last: np.moveaxis"),
    ({"x": np.zeros((4, 9, 8, 3))}, r"inputs of shape \(9, 8, 3\) and expects \(8, 8, 3\)"),
    ({"x": np.zeros((5, 8, 8, 3))}, "x holds 5 inputs and y 4"),
    ({"y": np.zeros((4, 3))}, "sparse_categorical_crossentropy got targets of shape"),
    ({"y": np.array([0, 1, 2, 3])}, "got the classes 0 to 3; expected 0 to 2"),
    ({"x": np.array(["a"] * 4)}, "expected an array of numbers"),
    ({"x": np.zeros((0, 8, 8, 3)), "y": np.zeros(0)}, "holds no inputs"),
    ({"batch_size": 0}, "batch_size is 0"),
    ({"epochs": 1.5}, "epochs is 1.5"),
    ({"verbose": 3}, "verbose is 3"),
    ({"validation_split": 1.5}, "validation_split is 1.5"),
    ({"validation_split": 0.9}, "leaves no inputs on one side"),
    ({"callbacks": ["early"]}, "expected objects of keras.callbacks"),
    ({"class_weight": {0: 1.0}, "sample_weight": np.ones(4)}, "expected one"),
    ({"x": 3}, "expected an array"),
])  # fmt: skip
def test_bad_input_says_what_is_wrong(describe, change, message):
    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", "sparse_categorical_crossentropy")
    given = {"x": np.zeros((4, 8, 8, 3)), "y": np.zeros(4, int), "verbose": 0} | change
    with pytest.raises((DataError, OpsinError), match=message) as caught:
        model.fit(**given)
    assert "\n" not in str(caught.value)


def test_fit_before_compile_says_so(describe):
    model = ours.Sequential(describe(ours.layers))
    with pytest.raises(OpsinError, match=r"not compiled; before fit, call model.compile"):
        model.fit(np.zeros((1, 8, 8, 3)), np.zeros(1))


@pytest.mark.parametrize(("told", "listed"), [
    ({"loss_weights": [2.0]}, "expected None, since there is one output"),
    ({"optimizer": "adma"}, "adam, adamw, sgd, rmsprop"),
    ({"loss": "crossentropie"}, "categorical_crossentropy, sparse_categorical_crossentropy"),
    ({"metrics": ["acuracy"]}, "accuracy, "),
    ({"metrics": "accuracy"}, r"expected a list such as \['accuracy'\]"),
])  # fmt: skip
def test_unknown_names_list_the_known(describe, told, listed):
    model = ours.Sequential(describe(ours.layers))
    with pytest.raises(OpsinError, match=listed):
        model.compile(**told)
