import os
from pathlib import Path

import pytest

import opsin


@pytest.mark.slow
def test_chest_x_rays_are_told_apart_and_the_leak_is_named(tmp_path):
    data = Path(os.environ.get("OPSIN_DATA", "")) / "pneumoniamnist.npz"
    if not os.environ.get("OPSIN_DATA") or not data.exists():
        pytest.skip("OPSIN_DATA names no folder with pneumoniamnist.npz")
    said: list[str] = []
    run = opsin.train(data, minutes=0.8, out=tmp_path / "run", say=said.append)
    assert any("8 images stand in both train and valid" in line for line in said)
    assert run.scores["auroc"].value > 0.9 > run.baseline["auroc"].high
    assert run.scores["log_loss"].value < run.baseline["log_loss"].low
    assert "8 images stand in both" in run.report.read_text()
