"""Deep images from folder to model: the scale of the data set is found once and used for all that follows."""

import json

import numpy as np
import pytest
from PIL import Image

from opsin import api
from opsin.api.run_record import RunRequest, read_record, write_record
from opsin.core import silent
from opsin.data import Intensity
from opsin.plan import inputs
from opsin.plan.plan import TrainOptions, make_plan

NOTE = "16-bit images: values 0 to 4095 are scaled to 0 to 255"


@pytest.fixture(scope="module")
def slides(tmp_path_factory):
    """12 bits in 16-bit PNG of two classes, every other image with a bright pixel."""
    folder = tmp_path_factory.mktemp("slides")
    for number in range(24):
        name, generator = ("dark", "light")[number % 2], np.random.default_rng(number)
        values = generator.integers(400, 700, (12, 12)) + 300 * (number % 2)
        values[0] = 500
        values[3, 4] = 4000 if number % 4 < 2 else 500
        (folder / name).mkdir(exist_ok=True)
        Image.fromarray(values.astype(np.uint16)).save(folder / name / f"{number:02}.png")
    return folder


@pytest.fixture(scope="module")
def run(slides, tmp_path_factory):
    lines = []
    folder = tmp_path_factory.mktemp("runs") / "none"
    done = api.train(slides, model="simple", epochs=2, out=folder, device="cpu", say=lines.append)
    return done, lines


def prepared_of(slides, folder):
    options = TrainOptions(model="simple", epochs=1, device="cpu")
    made = make_plan(slides, options, lambda *_: folder, lambda: 0.0, silent)
    write_record(made, RunRequest(str(slides), options, "opsin train slides"))
    return made


def test_the_first_lines_name_the_scale_and_the_model_file_keeps_it(run):
    done, lines = run
    assert NOTE in lines
    model = api.load(done.model, "cpu")
    assert model.preprocessing.intensity == Intensity(4095) and NOTE in model.provenance.notes
    assert NOTE in done.report.read_text(encoding="utf-8")


def test_training_and_prediction_see_the_same_pixels(slides, run, tmp_path):
    model, made = api.load(run[0].model, "cpu"), prepared_of(slides, tmp_path)
    table, store = made.dataset.table, made.dataset.store
    for id, row in zip(table.rows["id"], made.dataset.store_rows, strict=True):
        fitted, _ = model.preprocess(model.load_image(slides / id))
        np.testing.assert_array_equal(fitted, store.pixels[row])
    assert (store.pixels[:, 0] == round(500 * 255 / 4095)).all()


def test_evaluation_agrees_with_prediction_on_brighter_images(slides, run, tmp_path):
    for path in slides.rglob("*.png"):
        values = np.asarray(Image.open(path)).copy()
        values[5, 5] = 60000
        target = tmp_path / "brighter" / path.relative_to(slides)
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values).save(target)
    model = api.load(run[0].model, "cpu")
    found = api.evaluate(model, tmp_path / "brighter").predictions
    rows = model.predict([tmp_path / "brighter" / id for id in found.ids])
    expected = [[row[f"p_{name}"] for name in model.task.names] for row in rows]
    np.testing.assert_allclose(model.task.probabilities(found.predictions), expected, atol=1e-3)


def test_a_resumed_run_decodes_as_before(slides, tmp_path):
    made = prepared_of(slides, tmp_path)
    again, _ = read_record(tmp_path, None, silent)
    assert again.dataset.fingerprint == made.dataset.fingerprint
    assert again.job.model.preprocessing == made.job.model.preprocessing
    args = json.loads((tmp_path / "args.yaml").read_text())
    assert args["preprocessing"]["intensity"] == {"high": 4095, "low": 0}


def test_larger_images_for_pretrained_weights_keep_the_scale(slides, tmp_path):
    source = prepared_of(slides, tmp_path).dataset
    larger = inputs.upscaled(source, 24, silent)
    assert larger.store.pixels.shape[1:] == (24, 24, 1) and larger.store.preprocessing.intensity == Intensity(4095)
    assert larger.store.pixels.max() > 200 and np.median(larger.store.pixels) < 60


def test_8_bit_data_sets_are_not_searched(colours, tmp_path, monkeypatch):
    def never(*_):
        raise AssertionError("looked for a scale")

    monkeypatch.setattr(inputs.data, "find_intensity", never)
    made = prepared_of(colours, tmp_path)
    assert made.job.model.preprocessing.intensity is None and made.dataset.store.preprocessing.intensity is None


def test_arrays_of_counts_are_predicted_as_they_were_trained(tmp_path):
    images = np.random.default_rng(0).uniform(0, 200, (24, 14, 14, 1)).astype(np.float32)
    images[12:] += 40
    done = api.train((images, ["a"] * 12 + ["b"] * 12), model="simple", epochs=1, out=tmp_path / "run", device="cpu")
    model = api.load(done.model, "cpu")
    assert model.preprocessing.intensity == Intensity(255)
    np.testing.assert_array_equal(model.load_image(images[3]), np.rint(images[3]))
    found = api.evaluate(model, (images, ["a"] * 12 + ["b"] * 12)).predictions
    expected = [[row[f"p_{name}"] for name in ("a", "b")] for row in model.predict(images)]
    np.testing.assert_allclose(model.task.probabilities(found.predictions), expected, atol=1e-3)
