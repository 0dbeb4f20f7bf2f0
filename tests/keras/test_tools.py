"""What Keras keeps under utils, the module paths, the policies and what a file keeps of compile."""

import json

import numpy as np
import pytest
import torch

from opsin import keras as ours
from opsin.core import DataError, ModelFileError, OpsinError


@pytest.mark.parametrize("y", [[0, 2, 1], [[0], [2]], np.array([[0, 1], [2, 2]]), []], ids=str)
def test_to_categorical_is_kerass(oracle, y):
    said, expected = (keras.utils.to_categorical(y, 4) for keras in (ours, oracle))
    np.testing.assert_array_equal(said, expected)


def test_class_numbers_out_of_range_say_so():
    with pytest.raises(DataError, match="from 0 to 3; expected 0 to 2"):
        ours.utils.to_categorical([0, 3], 3)


def test_normalize_is_kerass(oracle):
    x = np.random.default_rng(0).normal(size=(3, 4))
    np.testing.assert_allclose(ours.utils.normalize(x), oracle.utils.normalize(x))
    np.testing.assert_allclose(np.linalg.norm(ours.utils.normalize(x, 0), axis=0), 1)


def test_module_paths():
    from opsin.keras.utils import set_random_seed, to_categorical

    from opsin.keras.callbacks import EarlyStopping
    from opsin.keras.layers import Conv2D
    from opsin.keras.models import Sequential, load_model
    from opsin.keras.optimizers import Adam

    assert to_categorical is ours.utils.to_categorical and set_random_seed is ours.utils.set_random_seed
    assert all(callable(one) for one in (EarlyStopping, Conv2D, Sequential, load_model, Adam))


def test_seed_makes_a_run_repeatable(describe, images):
    x, y = images
    losses = []
    for _ in range(2):
        ours.utils.set_random_seed(5)
        model = ours.Sequential([*describe(ours.layers)[:3], ours.layers.Dropout(0.5), ours.layers.Dense(3)])
        model.compile("adam", ours.losses.SparseCategoricalCrossentropy(from_logits=True))
        losses.append(model.fit(x, y, epochs=2, verbose=0).history["loss"])
    assert losses[0] == losses[1]


def test_mixed_precision_is_near_and_float32_by_default(describe, images):
    x, _ = images
    model = ours.Sequential(describe(ours.layers))
    exact = model.predict(x, verbose=0)
    try:
        ours.mixed_precision.set_global_policy("mixed_bfloat16")
        rounded = model.predict(x, verbose=0)
    finally:
        ours.mixed_precision.set_global_policy("float32")
    assert 0 < np.abs(exact - rounded).max() < 0.05
    with pytest.raises(OpsinError, match="expected one of float32"):
        ours.mixed_precision.set_global_policy("int8")


COMPILED = [
    {"optimizer": "adam", "loss": "mse", "metrics": ["accuracy", "mae"]},
    {"optimizer": lambda k: k.optimizers.SGD(0.5, momentum=0.9, nesterov=True, clipnorm=1.0),
     "loss": lambda k: k.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
     "metrics": lambda k: [k.metrics.TopKCategoricalAccuracy(2), k.metrics.AUC(num_thresholds=50)]},
    {"optimizer": lambda k: k.optimizers.AdamW(k.optimizers.schedules.CosineDecay(0.1, 100)), "loss": "mae"},
    {"optimizer": lambda k: k.optimizers.RMSprop(centered=True), "loss": "sparse_categorical_crossentropy"},
]  # fmt: skip


@pytest.mark.parametrize("told", COMPILED)
@pytest.mark.parametrize("turn", ["mine to theirs", "theirs to mine"])
def test_what_compile_was_told_goes_through_files(oracle, describe, tmp_path, told, turn):
    writer, reader = (ours, oracle) if turn == "mine to theirs" else (oracle, ours)
    model = writer.Sequential(describe(writer.layers))
    model.compile(**{key: value(writer) if callable(value) else value for key, value in told.items()})
    model.save(tmp_path / "m.keras")
    again = reader.models.load_model(tmp_path / "m.keras")
    configs = []
    for one in (model, again):
        optimizer = one.optimizer.get_config()
        loss = one.loss if isinstance(one.loss, str) else dict(one.loss.get_config(), kind=type(one.loss).__name__)
        optimizer.pop("name")
        configs.append(json.loads(json.dumps([type(one.optimizer).__name__, optimizer, loss], default=float)))
    rate, other = (config[1].pop("learning_rate") for config in configs)
    if isinstance(rate, float):
        assert rate == pytest.approx(other)
    else:
        assert rate["config"] == pytest.approx(other["config"]) or rate["class_name"] == other["class_name"]
    assert configs[0] == configs[1]


def test_a_file_with_another_optimizer_says_how_to_load_it(oracle, describe, tmp_path):
    model = oracle.Sequential(describe(oracle.layers))
    model.compile("nadam", "mse")
    model.save(tmp_path / "m.keras")
    with pytest.raises(ModelFileError, match=r"there is no optimizer 'Nadam'.*compile=False"):
        ours.models.load_model(tmp_path / "m.keras")
    assert not ours.models.load_model(tmp_path / "m.keras", compile=False).compiled


def test_weights_go_through_files_of_keras(oracle, twins, describe, tmp_path):
    theirs, mine = twins(describe)
    theirs.save_weights(tmp_path / "t.weights.h5")
    other = ours.Sequential(describe(ours.layers))
    other.load_weights(tmp_path / "t.weights.h5")
    for a, b in zip(other.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    ours.Sequential(describe(ours.layers)).save_weights(tmp_path / "m.weights.h5")
    theirs.load_weights(tmp_path / "m.weights.h5")
    with pytest.raises(OpsinError, match=r"ends in .keras"):
        mine.save(tmp_path / "m.h5")
    with pytest.raises(OpsinError, match="overwrite=True or another name"):
        mine.save_weights(tmp_path / "m.weights.h5", overwrite=False)
    with pytest.raises(ModelFileError, match="could not read"):
        mine.load_weights(tmp_path / "none.weights.h5")


def test_steps_walk_weights_that_lie_otherwise_than_their_gradients():
    """The fused kernels read flat memory; a gradient in another memory order must not be taken for its neighbour."""
    torch.manual_seed(0)
    start, gradient = torch.randn(8, 4, 3, 3), torch.randn(8, 4, 3, 3)
    ends = []
    for given in (gradient, gradient.contiguous(memory_format=torch.channels_last)):
        weight = torch.nn.Parameter(start.clone())
        optimizer = ours.optimizers.Adam(0.1)
        for _ in range(3):
            optimizer.apply([given], [weight])
        ends.append(weight.detach())
    torch.testing.assert_close(ends[0], ends[1])
