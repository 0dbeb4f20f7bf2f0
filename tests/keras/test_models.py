"""A Keras script runs with only the module name changed and prints the same."""

import json

import pytest

from opsin import keras as ours
from opsin.core import ModelFileError

SCRIPT = """
import json
import numpy as np
from tensorflow.keras.models import Sequential, load_model
from tensorflow.keras.layers import Conv2D, MaxPooling2D, Flatten, Dense
from tensorflow.keras.utils import to_categorical

x, y, path = np.random.default_rng(0).random((8, 64, 64, 3), np.float32), np.arange(8), "model.keras"
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
predictions = model.predict(x, verbose=0)
again = load_model(path).predict(x, verbose=0)
print("NUMBERS", json.dumps([*history.history, *predictions.shape, float(np.abs(again - predictions).max())]))
"""


def test_the_script_runs_with_only_the_module_renamed(oracle, run_script, tmp_path):
    actual, expected = (run_script(SCRIPT.replace("tensorflow.keras", module)) for module in ("opsin.keras", "keras"))
    lines, numbers = actual.split("NUMBERS ")
    assert lines == expected.split("NUMBERS ")[0]
    for number in ("896", "18,496", "1,605,760", "1,290", "Total params: 1,626,442 (6.20 MB)", "Optimizer params"):
        assert number in lines
    assert json.loads(numbers) == ["accuracy", "loss", 8, 10, 0.0]


COMPILED = [
    {"optimizer": "adam", "loss": "mse", "metrics": ["accuracy", "mae"]},
    {"optimizer": lambda k: k.optimizers.SGD(0.5, momentum=0.9, nesterov=True, clipnorm=1.0),
     "loss": lambda k: k.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
     "metrics": lambda k: [k.metrics.TopKCategoricalAccuracy(2), k.metrics.AUC(num_thresholds=50)]},
    {"optimizer": lambda k: k.optimizers.AdamW(k.optimizers.schedules.CosineDecay(0.1, 100)), "loss": "mae"},
    {"optimizer": lambda k: k.optimizers.RMSprop(centered=True), "loss": "sparse_categorical_crossentropy"},
]  # fmt: skip


@pytest.mark.parametrize("options", COMPILED)
@pytest.mark.parametrize("turn", ["mine to theirs", "theirs to mine"])
def test_compile_arguments_are_saved_and_loaded(oracle, describe, tmp_path, options, turn):
    writer, reader = (ours, oracle) if turn == "mine to theirs" else (oracle, ours)
    model = writer.Sequential(describe(writer.layers))
    model.compile(**{key: value(writer) if callable(value) else value for key, value in options.items()})
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
    with pytest.raises(ModelFileError, match=r"Unknown optimizer 'Nadam'.*compile=False"):
        ours.models.load_model(tmp_path / "m.keras")
    assert not ours.models.load_model(tmp_path / "m.keras", compile=False).compiled


def test_a_loaded_model_goes_on(describe, images, tmp_path):
    model = ours.Sequential(describe(ours.layers))
    model.compile(ours.optimizers.SGD(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(*images, epochs=2, verbose=0, shuffle=False)
    ours.models.save_model(model, tmp_path / "m.keras")
    again = ours.models.load_model(tmp_path / "m.keras")
    histories = [one.fit(*images, epochs=2, verbose=0, shuffle=False).history for one in (model, again)]
    assert histories[1]["loss"] == pytest.approx(histories[0]["loss"])
