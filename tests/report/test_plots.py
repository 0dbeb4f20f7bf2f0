import warnings
from io import BytesIO

import numpy as np
from PIL import Image

from opsin.drawing import Curve, Lines
from opsin.report.plots import draw_png, write_plots


def names(files):
    return {file.name for file in files}


def test_every_chart_is_a_picture(classify, tmp_path):
    files = write_plots(tmp_path, classify(("$a$", "<b>", "_c" * 40)))
    assert names(files) == {"training-loss.png", "training-score.png", "confusion-matrix.png", "reliability.png"}
    for file in files:
        pixels = np.array(Image.open(file).convert("L"))
        assert min(pixels.shape) > 300 and pixels.std() > 5


def test_numbers_and_no_test_split(regress, classify, tmp_path):
    charts = {"weight-prediction-over-ground-truth.png", "weight-errors.png"}
    assert charts < names(write_plots(tmp_path / "a", regress))
    assert names(write_plots(tmp_path / "b", classify(test=0))) == {"training-loss.png", "training-score.png"}


def test_curves_of_many_classes_leave_room_to_be_seen():
    across = np.linspace(0, 1, 200)
    curves = tuple(Curve(f"a class with a long name {number}", across, across**2) for number in range(70))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        content = draw_png(Lines("F1 over the threshold", "", curves, "threshold", "F1"))
    pixels = np.array(Image.open(BytesIO(content)).convert("L"))
    frame = np.flatnonzero((pixels < 60).mean(0) > 0.5)
    assert np.ptp(frame) > pixels.shape[1] / 2
