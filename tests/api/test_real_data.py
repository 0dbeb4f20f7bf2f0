import os
from pathlib import Path

import pytest

import opsin


def real(name: str) -> Path:
    """A data set of the folder that OPSIN_DATA names."""
    path = Path(os.environ.get("OPSIN_DATA", "")) / name
    if not os.environ.get("OPSIN_DATA") or not path.exists():
        pytest.skip(f"OPSIN_DATA names no folder with {name}")
    return path


@pytest.mark.slow
def test_chest_x_rays_are_told_apart_and_the_leak_is_named(tmp_path):
    said: list[str] = []
    run = opsin.train(real("pneumoniamnist.npz"), minutes=0.8, out=tmp_path / "run", say=said.append)
    assert any("8 images stand in both train and valid" in line for line in said)
    assert run.scores["auroc"].value > 0.9 > run.baseline["auroc"].high
    assert run.scores["log_loss"].value < run.baseline["log_loss"].low
    assert "8 images stand in both" in run.report.read_text()


@pytest.mark.slow
def test_blood_cells_are_found_and_counted(tmp_path):
    run = opsin.train(real("bccd/BCCD"), minutes=2, size=256, out=tmp_path / "run")
    assert run.scores["ap50"].value > 0.6
    assert run.scores["count_mae"].high < run.baseline["count_mae"].low


@pytest.mark.slow
def test_membranes_are_told_from_cells(tmp_path):
    run = opsin.train(real("isbi_membrane/data/membrane"), minutes=1, out=tmp_path / "run")
    assert run.scores["iou"].value > 0.6 > run.baseline["iou"].high
