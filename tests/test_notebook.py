"""A notebook is executed in a Jupyter kernel: progress, results and errors appear in the outputs of its cells."""

import os
from pathlib import Path

import pytest

CELLS = {
    "data": """
import numpy as np, opsin
rng = np.random.default_rng(0)
pixels = rng.integers(0, 60, (60, 12, 12), dtype=np.uint8)
pixels[::2, 3:9, 3:9] += 150
data = (pixels, ["<disc>", "square"] * 30)
""",
    "train": 'run = opsin.train(data, epochs=1, model="simple", size=12, out="run", device="cpu")',
    "run": "run",
    "scores": 'float(run.scores["accuracy"]), run.scores["accuracy"] >= 0, f"{run.scores[\'accuracy\']:.3f}"',
    "model": "model = opsin.load(run.model, 'cpu')\nmodel",
    "predict": "model.predict(list(pixels[:3]))",
    "explain": "model.explain(pixels[0])",
    "evaluation": "opsin.evaluate(model, data)",
    "check": "opsin.check(data, out='check.html')",
    "table": "opsin.data.read(data)",
    "summary": "model.network.summary()",
    "error": "opsin.load('no-such-model')",
    "silent": "opsin.evaluate(model, data, progress=lambda *update: None, say=lambda line: None);",
}


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """Outputs of each cell by its name, and the folder of the notebook."""
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    folder = tmp_path_factory.mktemp("notebook")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS.values()])
    root = str(Path(__file__).parents[1])
    kept = {name: os.environ.get(name) for name in ("PYTHONPATH", "IPYTHONDIR")}
    os.environ.update(PYTHONPATH=root, IPYTHONDIR=str(folder / "ipython"))
    try:
        resources = {"metadata": {"path": str(folder)}}
        client = nbclient.NotebookClient(
            notebook, timeout=120, kernel_name="python3", resources=resources, allow_errors=True
        )
        client.execute()
    finally:
        for name, value in kept.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    outputs = dict(zip(CELLS, (cell.outputs for cell in notebook.cells), strict=True))
    problems = [output for name, some in outputs.items() for output in some if output.output_type == "error"]
    assert len(problems) == 1, problems
    return outputs, folder


def html(outputs):
    return "".join(output.get("data", {}).get("text/html", "") for output in outputs)


def test_progress_and_notes_of_training_stay_in_the_cell(executed):
    [output] = executed[0]["train"]
    text = output["data"]["text/plain"]
    assert "train 100%" in text
    assert "run folder: run" in text
    assert "<progress value='1.000'>" in output["data"]["text/html"]


def test_own_callbacks_replace_the_progress(executed):
    assert executed[0]["silent"] == []


@pytest.mark.parametrize(
    ("cell", "texts"),
    [
        ("run", ["Accuracy", "95 % interval", "baseline", 'href="run/report.html"', "opsin.load("]),
        ("model", ["Model: classify", "&lt;disc&gt;, square", "parameters"]),
        ("predict", ["3 predictions", "label", "confidence"]),
        ("explain", ["Explanation", "parameters of a dense network"]),
        ("evaluation", ["Evaluation on 60 images", "Accuracy"]),
        ("check", ["60 images: classify", "&lt;disc&gt;", "check.html"]),
        ("table", ["60 images", "&lt;disc&gt;", "target"]),
    ],
)
def test_results_show_themselves(executed, cell, texts):
    result = next(output for output in executed[0][cell] if output.output_type == "execute_result")
    page = result["data"]["text/html"]
    assert [text for text in texts if text not in page] == []
    assert "<disc>" not in page
    assert "http" not in page


def test_scores_are_numbers(executed):
    [output] = executed[0]["scores"]
    value, compared, text = eval(output["data"]["text/plain"])
    assert compared is True
    assert text == f"{value:.3f}"


def test_an_error_is_one_line(executed):
    [output] = executed[0]["error"]
    assert len(output.traceback) == 1
    assert output.traceback[0].startswith("ModelFileError: no-such-model")
    assert "\n" not in output.traceback[0]


def test_the_layer_table_is_in_the_report_and_not_in_the_cell(executed):
    outputs, folder = executed
    report = (folder / "run" / "report.html").read_text(encoding="utf-8")
    assert "Receptive" in report
    [summary] = outputs["summary"]
    layers = [line for line in summary.text.splitlines() if "(None, " in line]
    assert layers and all(line.split("│")[1].split()[0] in report for line in layers)
    assert "Receptive" not in str(outputs["train"])
