"""Small real image files, a small model that knows them, and the command line in this process."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from opsin import zoo
from opsin.api import Run
from opsin.cli.app import app
from opsin.data import ImagePreprocessing
from opsin.evaluation import Score
from opsin.model import Model
from opsin.report import Verdict
from opsin.tasks import Classify

COLOURS = {"blau": (30, 30, 200), "grün": (30, 200, 30), "grau": (120, 120, 120), "rot": (200, 30, 30)}


@pytest.fixture(scope="session")
def squares(tmp_path_factory):
    """A folder with four classes of 12 coloured squares, 24x24."""
    folder, rng = tmp_path_factory.mktemp("data") / "squares", np.random.default_rng(0)
    for name, colour in COLOURS.items():
        (folder / name).mkdir(parents=True)
        for number in range(12):
            pixels = np.clip(colour + rng.integers(-30, 30, (24, 24, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture(scope="session")
def model_file(tmp_path_factory):
    """A model of the squares' classes that was never trained: it predictions, but not well."""
    path = tmp_path_factory.mktemp("model") / "modèle.safetensors"
    network = zoo.create("simple", (24, 24, 3), len(COLOURS), seed=0)
    preprocessing = ImagePreprocessing(24, 24, 3, (0.4,) * 3, (0.3,) * 3)
    Model(network, Classify(tuple(sorted(COLOURS))), preprocessing).save(path)
    return path


@pytest.fixture
def finished_run():
    """What the Python API gives back, without any training."""
    scores, baseline = {"accuracy": Score(0.5, 0.4, 0.6)}, {"accuracy": Score(0.25, 0.2, 0.3)}
    summary = "Accuracy on 12 test images: 50 % (40 % to 60 %); the baseline has 25 %. Not clearly better."
    verdict = Verdict(
        summary, False, "The validation accuracy was still improving when time ran out: try --minutes 20."
    )
    return Run(
        Path("r"), Path("r/best.safetensors"), Path("r/report.html"), "classify", 1.25, scores, baseline, verdict
    )


@pytest.fixture
def opsin(tmp_path, monkeypatch):
    """Runs `opsin WORD ...` in an empty folder; the result has exit_code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def fails(opsin):
    """Runs a command that must fail with status 1 and one line on stderr, which is returned."""

    def run(*words):
        ended = opsin(*words)
        assert ended.exit_code == 1, ended.output
        assert ended.stdout == ""
        lines = [line for line in ended.stderr.splitlines() if line.startswith("opsin: ")]
        assert len(lines) == 1
        assert "Traceback" not in ended.stderr
        return lines[0]

    return run
