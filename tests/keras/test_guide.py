"""The script in the guide runs, and learns."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "keras.md"


def test_the_script_of_the_guide_runs(oracle, tmp_path, monkeypatch, capsys):
    script = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)[1]
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(script, "docs/keras.md", "exec"), names)
    assert names["accuracy"] > 0.9
    assert names["answers"].shape == (240, 3)
    printed = capsys.readouterr().out
    assert "Total params" in printed and "val_accuracy" in printed


def test_the_same_script_runs_in_keras(oracle, tmp_path, monkeypatch):
    script = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)[1]
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(script.replace("opsin.keras", "keras"), "docs/keras.md", "exec"), names)
    assert names["accuracy"] > 0.9
