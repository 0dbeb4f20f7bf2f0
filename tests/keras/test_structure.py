"""A model grows, is described, and holds the weights that Keras's does."""

import contextlib
import io

import numpy as np
import pytest
import torch

from opsin import keras as ours
from opsin import nn
from opsin.core import NetworkError

SCRIPT = """
from tensorflow.keras.models import Sequential, load_model
from tensorflow.keras.layers import Conv2D, MaxPooling2D, Flatten, Dense
from tensorflow.keras.utils import to_categorical

model = Sequential([
    Conv2D(32, (3, 3), activation='relu', input_shape=(64, 64, 3)),
    MaxPooling2D(pool_size=(2, 2)),
    Conv2D(64, (3, 3), activation='relu'),
    MaxPooling2D(pool_size=(2, 2)),
    Flatten(),
    Dense(128, activation='relu'),
    Dense(10, activation='softmax'),
])
model.summary()
model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
history = model.fit(x, to_categorical(y, 10), epochs=1, batch_size=4, verbose=0)
model.summary()
scores = model.evaluate(x, to_categorical(y, 10), verbose=0)
model.save(path)
answers = model.predict(x, verbose=0)
again = load_model(path).predict(x, verbose=0)
"""


def run(module, path):
    names = {"x": np.random.default_rng(0).random((8, 64, 64, 3), np.float32), "y": np.arange(8), "path": str(path)}
    text = SCRIPT.replace("tensorflow.keras", module)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(text, "script", "exec"), names)
    return names, said.getvalue()


def test_the_script_runs_with_only_the_module_renamed(oracle, tmp_path):
    oracle.backend.clear_session()
    ours.backend.clear_session()
    mine, said = run("opsin.keras", tmp_path / "mine.keras")
    theirs, expected = run("keras", tmp_path / "theirs.keras")
    assert said == expected
    for number in ("896", "18,496", "1,605,760", "1,290", "Total params: 1,626,442 (6.20 MB)", "Optimizer params"):
        assert number in said
    assert mine["answers"].shape == theirs["answers"].shape == (8, 10)
    assert list(mine["history"].history) == list(theirs["history"].history)
    np.testing.assert_array_equal(mine["again"], mine["answers"])
    other = oracle.models.load_model(tmp_path / "mine.keras")
    np.testing.assert_allclose(other.predict(mine["x"], verbose=0), mine["answers"], atol=1e-5)
    back = ours.models.load_model(tmp_path / "theirs.keras")
    np.testing.assert_allclose(back.predict(mine["x"], verbose=0), theirs["answers"], atol=1e-5)
    for model, x, y in ((other, mine["x"], mine["y"]), (back, mine["x"], mine["y"])):
        assert len(model.evaluate(x, ours.utils.to_categorical(y, 10), verbose=0)) == 2


def text_of(model, **more):
    said = []
    model.summary(print_fn=lambda text, **_: said.append(text), **more)
    return "\n".join(said).rstrip("\n")


@pytest.mark.parametrize("more", [{}, {"line_length": 120}, {"show_trainable": True}], ids=str)
def test_summary_is_kerass(oracle, twins, more):
    def network(layers):
        return [
            layers.Input((16, 16, 4)), layers.SeparableConv2D(8, 3, padding="same"), layers.BatchNormalization(),
            layers.ReLU(), layers.DepthwiseConv2D(3, depth_multiplier=2), layers.Conv2DTranspose(4, 3, strides=2),
            layers.Dropout(0.5), layers.GlobalAveragePooling2D(), layers.Dense(1, name="out"),
        ]  # fmt: skip

    oracle.backend.clear_session()
    ours.backend.clear_session()
    theirs, mine = twins(network)
    for model in (theirs, mine):
        model.layers[0].trainable = False
    assert text_of(mine, **more) == text_of(theirs, **more)


def test_summary_without_a_shape_is_kerass(oracle, describe):
    oracle.backend.clear_session()
    ours.backend.clear_session()
    texts = [text_of(keras.Sequential([keras.layers.Conv2D(3, 3), keras.layers.Flatten()])) for keras in (oracle, ours)]
    assert texts[1] == texts[0]


def test_weights_are_in_kerass_order_and_axes(twins):
    def network(layers):
        return [
            layers.Input((9, 9, 4)), layers.Conv2D(6, (3, 2), groups=2), layers.Conv2D(6, 1, groups=6),
            layers.SeparableConv2D(5, 3), layers.BatchNormalization(), layers.DepthwiseConv2D(2, depth_multiplier=3),
            layers.Conv2DTranspose(4, 3, strides=2), layers.LayerNormalization(), layers.GroupNormalization(2),
            layers.Flatten(), layers.Dense(7),
        ]  # fmt: skip

    theirs, mine = twins(network)
    x = np.random.default_rng(0).normal(size=(3, 9, 9, 4)).astype(np.float32)
    generator = np.random.default_rng(1)
    values = [generator.uniform(0.5, 1, w.shape).astype(np.float32) for w in theirs.get_weights()]
    for model in (theirs, mine):
        model.set_weights(values)
    assert [w.shape for w in mine.get_weights()] == [w.shape for w in theirs.get_weights()]
    for a, b in zip(mine.get_weights(), values, strict=True):
        np.testing.assert_array_equal(a, b)
    expected = theirs.predict(x, verbose=0)
    np.testing.assert_allclose(mine.predict(x, verbose=0) / expected, 1, rtol=1e-4)
    assert mine.count_params() == theirs.count_params()
    assert mine.input_shape == theirs.input_shape and mine.output_shape == theirs.output_shape
    assert len(mine.trainable_weights) == len(theirs.trainable_weights)


def test_a_model_grows_and_keeps_its_weights(images):
    x, _ = images
    model = ours.Sequential()
    model.add(ours.layers.Conv2D(4, 3, input_shape=(8, 8, 3)))
    model.add(ours.layers.Flatten())
    kept = model.get_weights()
    features = model.predict(x, verbose=0)
    model.add(ours.layers.Dense(3, activation="softmax"))
    np.testing.assert_array_equal(model.get_weights()[0], kept[0])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.pop()
    np.testing.assert_array_equal(model.predict(x, verbose=0), features)
    shared = ours.Sequential([*model.layers, ours.layers.Dense(2)])
    shared.layers[0].set_weights([kept[0] * 2, kept[1]])
    np.testing.assert_array_equal(model.get_weights()[0], kept[0] * 2)


def test_a_model_inside_a_model_shares_its_weights(images, describe):
    x, y = images
    base = ours.Sequential(describe(ours.layers)[:-1], name="base")
    base.trainable = False
    whole = ours.Sequential([base, ours.layers.Dense(3, activation="softmax")])
    before = base.get_weights()
    whole.compile("sgd", "sparse_categorical_crossentropy")
    whole.fit(x, y, verbose=0)
    np.testing.assert_array_equal(base.get_weights()[0], before[0])
    base.trainable = True
    whole.fit(x, y, verbose=0)
    assert (base.get_weights()[0] != before[0]).any()


def test_shape_is_found_with_the_first_images(images):
    x, y = images
    model = ours.Sequential([ours.layers.Conv2D(4, 3), ours.layers.Flatten(), ours.layers.Dense(3)])
    assert not model.built
    model.compile("sgd", "mse")
    model.fit(x, np.eye(3)[y], verbose=0)
    assert model.output_shape == (None, 3)
    other = ours.Sequential([ours.layers.Dense(3)])
    other.build((None, 5))
    assert other.count_params() == 18
    assert ours.Sequential([ours.layers.Dense(3)])(np.zeros((2, 4))).shape == (2, 3)


def test_network_is_an_ordinary_torch_module(twins, describe, images):
    x, _ = images
    theirs, mine = twins(describe)
    assert isinstance(mine.network, nn.Sequential)
    with torch.no_grad():
        answers = mine.network(torch.from_numpy(x).permute(0, 3, 1, 2))
    np.testing.assert_allclose(answers, theirs.predict(x, verbose=0), atol=1e-5)
    np.testing.assert_allclose(mine(x).detach(), theirs.predict(x, verbose=0), atol=1e-5)
    again = ours.Sequential.from_network(mine.network)
    np.testing.assert_array_equal(again.predict(x, verbose=0), mine.predict(x, verbose=0))


@pytest.mark.parametrize(("describe", "message"), [
    (lambda k, m: k.Dense, "got the class Dense for a layer"),
    (lambda k, m: "dense", "got 'dense' for a layer"),
    (lambda k, m: m.pop() and m.pop() and m.pop(), "no layers to pop"),
    (lambda k, m: k.Input((3,)), "expected the Input first"),
    (lambda k, m: k.Conv2D(3, 3), "put it before Flatten"),
    (lambda k, m: k.Dense(3, name="flatten"), "'flatten'.*rename one or leave"),
])  # fmt: skip
def test_a_wrong_network_says_so_when_described(describe, message):
    model = ours.Sequential([ours.layers.Flatten(input_shape=(4, 4, 1), name="flatten"), ours.layers.Dense(2)])
    with pytest.raises(NetworkError, match=message):
        model.add(describe(ours.layers, model))


def test_weights_of_another_shape_say_which(describe):
    model = ours.Sequential(describe(ours.layers))
    values = model.get_weights()
    with pytest.raises(NetworkError, match=r"weight 0 with shape \(3, 3, 3, 5\), expected \(3, 3, 3, 4\)"):
        model.set_weights([np.zeros((3, 3, 3, 5)), *values[1:]])
    with pytest.raises(NetworkError, match="got 3 weights, expected 4"):
        model.set_weights(values[:3])
    with pytest.raises(NetworkError, match="has no layer 'x'; it has conv2d"):
        model.get_layer("x")
