"""Files made by Keras 3 are read to equal predictions, files written here are loaded by Keras to equal predictions."""

import os

import numpy as np
import pytest
import torch

from opsin import nn
from opsin.core import ModelFileError
from opsin.keras.file.read import read_keras
from opsin.keras.file.write import write_keras

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("h5py", reason="h5py, the extra `keras`, is not installed")
keras = pytest.importorskip("keras", reason="keras, the oracle, is not installed")
if keras.backend.backend() != "torch":
    pytest.skip("keras was started on another backend than torch", allow_module_level=True)
L = keras.layers


def lenet():
    return (28, 28, 1), [
        L.Conv2D(6, 5, padding="same", activation="tanh"), L.AveragePooling2D(2), L.Conv2D(16, 5, activation="tanh"),
        L.AveragePooling2D(2), L.Flatten(), L.Dense(120, activation="tanh"), L.Dense(84, activation="tanh"),
        L.Dense(10, activation="softmax"),
    ]  # fmt: skip


def batch_norm():
    return (16, 16, 3), [
        L.Rescaling(1 / 255, offset=-0.5), L.Conv2D(8, 3, use_bias=False), L.BatchNormalization(), L.ReLU(),
        L.MaxPooling2D(), L.Conv2D(12, 3, use_bias=False, kernel_initializer="he_normal"),
        L.BatchNormalization(scale=False, momentum=0.9), L.Activation("silu"), L.BatchNormalization(center=False),
        L.BatchNormalization(center=False, scale=False, epsilon=1e-2), L.GlobalAveragePooling2D(),
        L.Dense(4, activation="softmax", kernel_regularizer="l2"),
    ]  # fmt: skip


def separable():
    return (15, 14, 4), [
        L.SeparableConv2D(6, 3, depth_multiplier=2, activation="relu"), L.DepthwiseConv2D(3, depth_multiplier=3),
        L.DepthwiseConv2D(2, padding="same", use_bias=False, activation="elu"), L.SeparableConv2D(5, 2, use_bias=False),
        L.ReLU(max_value=6), L.GlobalMaxPooling2D(), L.Dense(3),
    ]  # fmt: skip


def transposed():
    return (5, 6, 3), [
        L.Conv2DTranspose(4, 3, strides=2, activation="relu"), L.Conv2DTranspose(3, 4, strides=2, padding="same"),
        L.Conv2DTranspose(2, 2, strides=3, use_bias=False), L.Conv2DTranspose(2, 3, dilation_rate=2),
    ]  # fmt: skip


def one_axis():
    return (40, 3), [
        L.ZeroPadding1D((2, 1)), L.Conv1D(6, 3, padding="same", strides=2), L.BatchNormalization(),
        L.LeakyReLU(negative_slope=0.2), L.DepthwiseConv1D(3), L.SeparableConv1D(5, 3, activation="gelu"),
        L.MaxPooling1D(2, strides=1), L.UpSampling1D(3), L.Conv1DTranspose(4, 4, strides=2), L.SpatialDropout1D(0.2),
        L.AveragePooling1D(3), L.Cropping1D((1, 0)), L.GlobalAveragePooling1D(), L.Dense(2, activation="sigmoid"),
    ]  # fmt: skip


def three_axes():
    return (6, 7, 8, 2), [
        L.ZeroPadding3D(((1, 0), (0, 1), (1, 1))), L.Conv3D(4, 3, activation="relu"), L.BatchNormalization(),
        L.MaxPooling3D((1, 2, 2)), L.Conv3DTranspose(3, 2, strides=2), L.UpSampling3D((1, 2, 1)),
        L.SpatialDropout3D(0.3), L.Cropping3D((1, 0, 1)), L.AveragePooling3D(2), L.GlobalMaxPooling3D(keepdims=True),
        L.Flatten(),
        L.Dense(3, activation="softmax"),
    ]  # fmt: skip


def global_pools():
    return (5, 6, 7, 2), [
        L.Conv3D(4, 2, strides=(1, 2, 1)), L.Reshape((4, -1, 4)), L.Conv2D(6, 2), L.Reshape((-1, 6)), L.Conv1D(5, 2),
        L.GlobalMaxPooling1D(keepdims=True), L.Reshape((1, 1, 1, 5)), L.GlobalAveragePooling3D(), L.Dense(3),
    ]  # fmt: skip


def norms():
    return (9, 8, 6), [
        L.Conv2D(8, 3, groups=2), L.GroupNormalization(4), L.ELU(), L.Conv2D(8, 1), L.LayerNormalization(epsilon=1e-5),
        L.LayerNormalization(center=False), L.GroupNormalization(2, scale=False), L.Softmax(), L.Flatten(),
        L.LayerNormalization(scale=False), L.Dense(5),
    ]  # fmt: skip


def dropouts():
    return (12, 12, 2), [
        L.Dropout(0.1), L.Conv2D(5, 3, activation="relu"), L.SpatialDropout2D(0.5), L.Dropout(0.5, seed=3), L.Flatten(),
        L.Dense(8, activation="selu"), L.Dropout(0.4), L.Dense(4, activation="softmax"),
    ]  # fmt: skip


def windows():
    return (21, 17, 3), [
        L.Conv2D(6, (2, 5), strides=(3, 1), padding="same"), L.Conv2D(6, 4, padding="same", activation="softplus"),
        L.Conv2D(4, 3, dilation_rate=2, padding="same"), L.Conv2D(4, (3, 1), dilation_rate=(2, 1)),
        L.MaxPooling2D(3, strides=2, padding="same"), L.Conv2D(3, 2, strides=2), L.Flatten(), L.Dense(3),
    ]  # fmt: skip


def shapes():
    return (8, 6, 4), [
        L.ZeroPadding2D(((1, 0), (2, 1))), L.UpSampling2D((2, 3)), L.UpSampling2D(2, interpolation="bilinear"),
        L.MaxPooling2D((4, 6)), L.Rescaling(0.5), L.Reshape((-1, 12)), L.Dense(6, activation="relu"),
        L.Reshape((9, 9, 2)), L.Cropping2D(((1, 0), (0, 2))), L.Conv2D(2, 2), L.GlobalAveragePooling2D(keepdims=True),
        L.Flatten(), L.Dense(2),
    ]  # fmt: skip


def nested():
    stem = keras.Sequential([L.Conv2D(4, 3), L.BatchNormalization(), L.Activation("relu")], name="stem")
    inner = keras.Sequential([L.Conv2D(4, 1), L.Conv2D(5, 3)], name="inner")
    head = keras.Sequential([L.Flatten(), L.Dense(7, activation="relu"), L.Dense(3, activation="softmax")], name="head")
    return (10, 10, 3), [L.Conv2D(3, 1), stem, keras.Sequential([inner, L.MaxPooling2D(2)], name="outer"), head]


def rectifiers():
    return (9, 8, 4), [
        L.Conv2D(6, 3), L.LeakyReLU(0.1), L.Conv2D(5, 1), L.PReLU(), L.Conv2D(6, 1), L.PReLU(shared_axes=[1, 2]),
        L.PReLU(alpha_initializer="he_normal", shared_axes=3), L.Conv2D(6, 2), L.ReLU(6.0), L.ReLU(2, 0.1, 0.2),
        L.ELU(0.5), L.Conv2DTranspose(4, 3, strides=(2, 3), padding="same", output_padding=(1, 0)), L.Softmax(),
        L.Reshape((-1, 4)), L.Conv1D(6, 3, dilation_rate=2, padding="causal"), L.PReLU(shared_axes=1),
        L.Conv1DTranspose(3, 4, strides=3, output_padding=2), L.LeakyReLU(), L.Flatten(), L.PReLU(), L.Dense(5),
        L.Softmax(),
    ]  # fmt: skip


def built_late():
    return (6, 6, 2), [L.Conv2D(3, 2), L.Flatten(), L.Dense(2, trainable=False), L.Activation("hard_sigmoid")]


NETWORKS = [lenet, batch_norm, separable, transposed, one_axis, three_axes, global_pools, norms, dropouts, windows, shapes, nested, rectifiers, built_late]  # fmt: skip  # noqa: E501


def build(make):
    """The Keras model with weights that a training could have left, its moving averages included."""
    shape, layers = make()
    late = make is built_late
    model = keras.Sequential(layers if late else [keras.Input(shape), *layers], name=make.__name__)
    model.build((None, *shape))
    rng = np.random.default_rng(7)
    for weight in model.weights:
        drawn = rng.normal(size=weight.shape) / np.sqrt(
            max(np.prod(weight.shape[:-1]), 1) if len(weight.shape) > 1 else 9
        )
        if weight.path.endswith(("moving_variance", "gamma")):
            drawn = rng.uniform(0.4, 1.6, size=weight.shape)
        weight.assign(drawn.astype("float32"))
    return model, rng.normal(size=(4, *shape)).astype("float32")


def predictions(network, x):
    with torch.no_grad():
        return network(torch.from_numpy(x).movedim(-1, 1)).movedim(1, -1).numpy()


def differences(make, folder):
    """Largest differences of predictions: Keras's file read here, and what is written here loaded by Keras."""
    model, x = build(make)
    expected = np.asarray(model.predict(x, verbose=0))
    assert expected.std() > 1e-2
    model.save(folder / "theirs.keras")
    network, compiled = read_keras(folder / "theirs.keras")
    assert compiled is None
    write_keras(folder / "ours.keras", network)
    loaded = keras.saving.load_model(folder / "ours.keras")
    for mine, theirs in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    return (
        float(np.abs(predictions(network, x) - expected).max()),
        float(np.abs(np.asarray(loaded.predict(x, verbose=0)) - expected).max()),
    )


@pytest.mark.parametrize("make", NETWORKS, ids=lambda make: make.__name__)
def test_keras_files_are_read_and_ours_are_loaded_to_equal_predictions(make, tmp_path):
    assert max(differences(make, tmp_path)) <= 1e-5


@pytest.mark.parametrize("make", NETWORKS, ids=lambda make: make.__name__)
def test_names_and_weights_survive_a_round_trip_exactly(make, tmp_path):
    model, _ = build(make)
    model.save(tmp_path / "theirs.keras")
    network, _ = read_keras(tmp_path / "theirs.keras")
    assert [layer.name for layer in network.layers] == [layer.name for layer in model.layers]
    assert network.name == model.name
    write_keras(tmp_path / "ours.keras", network)
    again, _ = read_keras(tmp_path / "ours.keras")
    assert again.layers == network.layers
    for name, value in network.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name
    trained = {name: weight.requires_grad for name, weight in network.named_parameters()}
    assert trained == {name: weight.requires_grad for name, weight in again.named_parameters()}
    assert sum(w.numel() for w in network.parameters() if w.requires_grad) == sum(
        w.value.numel() for w in model.trainable_weights
    )


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_models_are_read_with_their_float32_weights(policy, tmp_path):
    before = keras.config.dtype_policy()
    exact, x = build(batch_norm)
    keras.config.set_dtype_policy(policy)
    try:
        mixed, _ = build(batch_norm)
        mixed.save(tmp_path / "mixed.keras")
    finally:
        keras.config.set_dtype_policy(before)
    network, _ = read_keras(tmp_path / "mixed.keras")
    np.testing.assert_allclose(predictions(network, x), exact.predict(x, verbose=0), atol=1e-5)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_weights_are_read_as_float32(dtype, tmp_path):
    model = keras.Sequential(
        [keras.Input((5, 5, 2)), L.Conv2D(3, 3, dtype=dtype), L.Flatten(), L.Dense(2, dtype=dtype)]
    )
    model.save(tmp_path / "half.keras")
    network, _ = read_keras(tmp_path / "half.keras")
    kernels = [value for value in network.parameters() if value.ndim > 1]
    for found, weight in zip(kernels, model.weights[::2], strict=True):
        assert found.dtype == torch.float32
        kept = weight.value.float()
        assert torch.equal(found, kept.T if kept.ndim == 2 else kept.movedim((-1, -2), (0, 1)))


def test_compile_config_and_trained_models_are_kept(tmp_path):
    model, x = build(dropouts)
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    metrics = ["accuracy", keras.metrics.F1Score(average="macro"), keras.metrics.categorical_accuracy]
    model.compile(keras.optimizers.Adam(schedule), keras.losses.categorical_crossentropy, metrics=metrics)
    model.fit(x, np.eye(4), verbose=0)
    model.save(tmp_path / "theirs.keras")
    network, compiled = read_keras(tmp_path / "theirs.keras")
    assert compiled is not None and compiled["optimizer"]["config"]["learning_rate"]["class_name"] == "ExponentialDecay"
    np.testing.assert_allclose(predictions(network, x), model.predict(x, verbose=0), atol=1e-5)
    write_keras(tmp_path / "ours.keras", network, compiled)
    assert read_keras(tmp_path / "ours.keras")[1] == compiled
    with pytest.warns(UserWarning, match="Skipping variable loading for optimizer"):
        loaded = keras.saving.load_model(tmp_path / "ours.keras")
    assert loaded.get_compile_config() == model.get_compile_config()
    loaded.fit(x, np.eye(4), verbose=0)


def test_every_shared_layer_is_in_one_of_the_networks():
    used = {type(layer).__name__ for make in NETWORKS for layer in build(make)[0]._flatten_layers()}
    own = {"Residual", "Parallel", "Skip", "LayerScale", "Stage"}
    assert set(nn.from_json.KINDS) - own <= used


@keras.saving.register_keras_serializable(package="mine")
def doubled(x):
    return x * 2


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        (lambda: [L.Lambda(lambda x: x + 1)], "names Python code .* which is never executed"),
        (lambda: [L.Activation(doubled)], r"names Python code \('mine>doubled'\), which is never executed"),
        (
            lambda: [L.LSTM(2)],
            "has LSTM '.*', which Opsin does not support. Expected one of Activation, .*ZeroPadding1-3D.$",
        ),
        (lambda: [L.RandomFlip()], "has RandomFlip '.*', an augmentation layer"),
        (lambda: [L.Softmax(axis=1)], "has Softmax '.*' with axis=1. Expected -1"),
        (lambda: [L.Dense(2, activation=L.LeakyReLU())], "with an activation with the settings .* as a separate layer"),
        (
            lambda: [L.Conv1D(2, 3, data_format="channels_first")],
            "data_format='channels_first'. Expected 'channels_last'",
        ),
        (lambda: [L.BatchNormalization(axis=1)], "with axis=1. Expected -1"),
    ],
)
def test_what_keras_saves_and_opsin_does_not_have_is_one_clear_error(layers, words, tmp_path):
    keras.Sequential([keras.Input((6, 4)), *layers()]).save(tmp_path / "a.keras")
    with pytest.raises(ModelFileError, match=words) as caught:
        read_keras(tmp_path / "a.keras")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 900


def test_other_models_sizes_and_formats_are_one_clear_error(tmp_path):
    start = keras.Input((6,))
    keras.Model(start, L.Dense(2)(start)).save(tmp_path / "functional.keras")
    keras.Sequential([keras.Input((None, None, 3)), L.Conv2D(2, 3)]).save(tmp_path / "any_size.keras")
    model = keras.Sequential([start, L.Dense(2)])
    model.compile("sgd", lambda y_true, y_pred: y_pred)
    model.save(tmp_path / "own_loss.keras")
    model.save(tmp_path / "legacy.h5")
    for name, words in (
        ("functional.keras", "contains a 'Functional' model. Expected keras.Sequential"),
        ("any_size.keras", r"for inputs of \[None, None, None, 3\]. Expected one fixed size"),
        ("own_loss.keras", "names Python code"),
        ("legacy.h5", r"is a legacy HDF5 model .* save it as `model.keras`"),
    ):
        with pytest.raises(ModelFileError, match=words):
            read_keras(tmp_path / name)


def test_functions_that_a_compiled_model_may_name_are_keras_s(tmp_path):
    from opsin.keras.file.objects import _FUNCTIONS

    assert all(hasattr(keras.losses, name) or hasattr(keras.metrics, name) for name in _FUNCTIONS)
