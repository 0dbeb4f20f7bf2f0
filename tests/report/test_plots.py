import numpy as np
from PIL import Image

from opsin.report.plots import write_plots


def names(files):
    return {file.name for file in files}


def test_every_chart_is_a_picture(classify, tmp_path):
    files = write_plots(tmp_path, classify(("$a$", "<b>", "_c" * 40)))
    assert names(files) == {"training-loss.png", "training-score.png", "confusion-matrix.png", "reliability.png"}
    for file in files:
        pixels = np.array(Image.open(file).convert("L"))
        assert min(pixels.shape) > 300 and pixels.std() > 5


def test_numbers_and_no_test_split(regress, classify, tmp_path):
    assert {"weight-answer-over-truth.png", "weight-errors.png"} < names(write_plots(tmp_path / "a", regress))
    assert names(write_plots(tmp_path / "b", classify(test=0))) == {"training-loss.png", "training-score.png"}
