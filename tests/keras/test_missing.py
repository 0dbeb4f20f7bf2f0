"""Twelve patterns of Keras scripts: each runs here, or ends in one line that says what to do instead."""

import re

import numpy as np
import pytest

import opsin
from opsin import keras
from opsin.keras import layers
from opsin.keras.missing import LAYER_HOOKS, MODEL_HOOKS, MissingAttributeError, MissingError

IMAGES = np.random.default_rng(0).random((6, 12, 12, 1), np.float32)
LABELS = np.arange(6) % 3


def classifier():
    stack = [layers.Input((12, 12, 1)), layers.Conv2D(4, 3, activation="relu"), layers.Flatten(), layers.Dense(3)]
    model = keras.Sequential([*stack, layers.Activation("softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def one_line(code, hint):
    """Runs code as a script would, and checks that it ends in one line with a hint."""
    with pytest.raises(opsin.OpsinError) as caught:
        exec(code, {"keras": keras, "layers": layers, "images": IMAGES, "labels": LABELS, "model": classifier()})
    text = str(caught.value)
    assert "\n" not in text and len(text) < 260
    assert re.search(r"Fix: \S", text), text
    assert hint in text


def test_1_functional_api():
    one_line("keras.Model(inputs=1, outputs=2)", "Residual, Parallel or Skip")
    one_line("x = keras.Input((4,)); y = layers.Dense(3)(x)", "Sequential([")
    one_line("model(keras.Input((12, 12, 1)))", "Sequential([")
    one_line("layers.Concatenate()([1, 2])", "Residual, Parallel or Skip")


def test_2_subclassed_model():
    one_line("class Net(keras.Model): pass", "Residual, Parallel or Skip")
    one_line("class Net(keras.Sequential):\n def call(self, x): return x", "model.network")


@pytest.mark.parametrize("hook", MODEL_HOOKS)
def test_3_overridden_steps_are_never_ignored(hook):
    one_line(f"class Net(keras.Sequential):\n def {hook}(self, data): pass", "model.network")
    one_line(f"class Mixin:\n {hook} = print\nclass Net(Mixin, keras.Sequential): pass", "model.network")
    one_line(f"model.{hook} = print\nmodel.fit(images, labels, verbose=0)", "model.network")
    one_line(f"model.{hook} = print\nmodel.predict(images, verbose=0)", "model.network")
    one_line(f"model.{hook} = print\nmodel(images)", "model.network")


@pytest.mark.parametrize("hook", LAYER_HOOKS)
def test_4_custom_layers(hook):
    one_line(f"class Own(layers.Layer):\n def {hook}(self, x): return x", "opsin.nn")
    one_line("layers.Lambda(lambda x: x)", "opsin.nn")


def test_5_own_training_loop():
    one_line("with keras.GradientTape() as tape: pass", "loss.backward()")


@pytest.mark.parametrize(
    "code",
    [
        "from opsin.keras.applications import MobileNetV2",
        "from opsin.keras.applications.vgg16 import VGG16, preprocess_input",
        "import opsin.keras.applications",
        "from opsin.keras import applications",
        "keras.applications.ResNet50(weights='imagenet')",
    ],
)
def test_6_pretrained_applications(code):
    one_line(code, "pretrained=True")


def test_7_data_sets():
    one_line("from opsin.keras.datasets import mnist", "opsin demo")
    one_line("(x, y), _ = keras.datasets.cifar10.load_data()", "opsin demo")


def test_8_image_folders_and_augmentation():
    one_line("from opsin.keras.preprocessing.image import ImageDataGenerator", "opsin.train(folder)")
    one_line("keras.utils.image_dataset_from_directory('photos')", "opsin.train(folder)")
    one_line("keras.Sequential([layers.RandomFlip('horizontal')])", "augment=")
    one_line("from opsin.keras.layers.experimental.preprocessing import RandomZoom", "opsin.nn")


def test_9_weights_right_after_building():
    kernel, bias = classifier().layers[0].get_weights()
    assert kernel.shape == (3, 3, 1, 4) and bias.shape == (4,)
    dense = layers.Dense(2)
    model = keras.Sequential([layers.Input((5,)), dense])
    np.testing.assert_array_equal(dense.get_weights()[0], model.get_weights()[0])
    grown = keras.Sequential()
    grown.add(layers.Input((5,)))
    grown.add(layers.Dense(2))
    before = grown.layers[0].get_weights()[0]
    grown.add(layers.Dense(3))
    np.testing.assert_array_equal(grown.get_layer(index=0).get_weights()[0], before)
    one_line("model.layers[0].kernel", "get_weights()")


def test_10_feature_maps(tmp_path):
    one_line("keras.Model(model.inputs, [layer.output for layer in model.layers])", "")
    one_line("outputs = [layer.output for layer in model.layers]", "model.explain(image, out='inside.html')")
    model = classifier()
    found = model.explain(IMAGES[0], out=tmp_path / "inside.html")
    outputs = model.predict(IMAGES[:1], verbose=0)[0]
    measured = [found.prediction[f"p_{number}"] for number in range(3)]
    np.testing.assert_allclose(measured, outputs, atol=0.01)  # pixels are rounded to 8 bits
    assert "conv2d" in (tmp_path / "inside.html").read_text(encoding="utf-8")


def test_11_names_of_other_modules():
    one_line("layers.LSTM(8)", "torch.nn")
    one_line("from opsin.keras.constraints import max_norm", "regularizer")
    one_line("keras.ops.matmul(1, 2)", "torch")
    one_line("from opsin.keras import backend as K; K.mean(images)", "torch.mean")
    one_line("model.compile(keras.optimizers.Nadam())", "AdamW")
    one_line("keras.losses.Dice()", "(y_true, y_pred)")
    one_line("keras.metrics.F1Score()", "(y_true, y_pred)")
    one_line("keras.callbacks.TensorBoard()", "CSVLogger")
    one_line("keras.utils.plot_model(model)", "diagram_svg")
    one_line("layers.Conv2d(4, 3)", "Fix: write Conv2D.")


def test_12_a_whole_script_runs():
    model = classifier()
    history = model.fit(IMAGES, LABELS, epochs=2, batch_size=3, verbose=0, validation_split=0.5)
    assert set(history.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert model.predict(IMAGES, verbose=0).shape == (6, 3)


@pytest.mark.parametrize(
    "room", ["activations", "callbacks", "initializers", "layers", "losses", "metrics", "models", "optimizers",
             "optimizers.schedules", "preprocessing", "regularizers", "utils", "ops", "applications", "datasets"],
)  # fmt: skip
def test_every_name_that_keras_has_is_there_or_refused(oracle, room):
    theirs, ours = oracle, keras
    for part in room.split("."):
        theirs = getattr(theirs, part)
        try:
            ours = getattr(ours, part)
        except MissingError:
            return
    public = [name for name in dir(theirs) if not name.startswith("_")]
    assert public
    for name in public:
        try:
            getattr(ours, name)
        except (MissingError, MissingAttributeError) as error:
            assert "Fix: " in str(error) and "\n" not in str(error)


def test_an_optional_import_can_be_caught():
    try:
        from opsin.keras.applications import VGG16
    except ImportError as error:
        VGG16 = error
    assert isinstance(VGG16, MissingError)


def test_modules_stay_ordinary_modules():
    assert not hasattr(keras, "pytest_plugins") and not hasattr(layers, "__wrapped__")
    from opsin.keras import fitting, layer_stack

    assert fitting.__name__ == "opsin.keras.fitting" and layer_stack.__name__ == "opsin.keras.layer_stack"
