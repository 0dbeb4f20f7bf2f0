"""The script of the guide runs in Opsin and Keras and reaches its accuracy."""

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "keras.md"


@pytest.mark.parametrize("module", ["opsin.keras", pytest.param("keras", marks=pytest.mark.slow)])
def test_the_script_of_the_guide_runs(oracle, run_script, module):
    script = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)[1]
    actual = run_script(script.replace("opsin.keras", module) + "print('ENDED', accuracy, *outputs.shape)\n")
    accuracy, *shape = actual.split("ENDED ")[1].split()
    assert float(accuracy) > 0.9
    assert shape == ["240", "3"]
    assert "Total params" in actual and "val_accuracy" in actual
