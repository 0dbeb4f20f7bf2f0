"""A script runs with only the module's name changed, and says what it says in Keras."""

import json

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
answers = model.predict(x, verbose=0)
again = load_model(path).predict(x, verbose=0)
print("NUMBERS", json.dumps([*history.history, *answers.shape, float(np.abs(again - answers).max())]))
"""


def test_the_script_runs_with_only_the_module_renamed(oracle, run_script, tmp_path):
    said, expected = (run_script(SCRIPT.replace("tensorflow.keras", module)) for module in ("opsin.keras", "keras"))
    lines, numbers = said.split("NUMBERS ")
    assert lines == expected.split("NUMBERS ")[0]
    for number in ("896", "18,496", "1,605,760", "1,290", "Total params: 1,626,442 (6.20 MB)", "Optimizer params"):
        assert number in lines
    assert json.loads(numbers) == ["accuracy", "loss", 8, 10, 0.0]
