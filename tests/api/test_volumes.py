"""From a folder of NIfTI volumes to a model, its scores and its files: as a user does it."""

import json

import nibabel as nib
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import opsin
from opsin.training import Interrupted

SHAPE = (16, 18, 14)


def ball(random):
    """A noisy volume with a bright ball of label 1 and, at its one side, label 2."""
    grid = np.indices(SHAPE)
    centre = np.array(SHAPE) / 2 + random.uniform(-2, 2, 3)
    inside = ((grid - centre[:, None, None, None]) ** 2).sum(0) < random.uniform(3.5, 5) ** 2
    mask = inside * (1 + (grid[0] > centre[0]))
    values = random.normal(100, 8, SHAPE) + 60 * (mask == 1) + 120 * (mask == 2)
    return values.astype(np.float32), mask.astype(np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root, random = tmp_path_factory.mktemp("balls"), np.random.default_rng(0)
    for kind in ("images", "labels"):
        (root / kind).mkdir()
    for row in range(24):
        values, mask = ball(random)
        affine = np.diag([-1.0, 1.0, 1.5, 1.0]) if row % 2 else np.diag([1.0, 1.0, 1.5, 1.0])
        nib.save(nib.Nifti1Image(values, affine), root / "images" / f"ball-{row}x.nii.gz")
        nib.save(nib.Nifti1Image(mask, affine), root / "labels" / f"ball-{row}x.nii.gz")
    patients = "\n".join(f"ball-{row}x,p{row // 2}" for row in range(24))
    (root / "patients.csv").write_text(f"path,patient\n{patients}\n")
    return root


@pytest.fixture(scope="module")
def run(folder, tmp_path_factory):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield opsin.train(folder, epochs=12, seed=1, device="cpu", out=tmp_path_factory.mktemp("runs") / "balls")
    torch.set_num_threads(threads)


def test_it_learns_and_reports_scores_over_patients_in_millimetres(run):
    assert run.task == "segment_volumes" and run.scores["dice"].value > 0.6
    assert run.baseline["dice"].value == 0
    assert {"hd95", "surface_dice", "volume_error_ml", "dice_label 1", "dice_label 2"} <= set(run.scores)
    args = json.loads((run.folder / "args.yaml").read_text())
    assert args["preprocessing"]["spacing"] == [1.5, 1.0, 1.0]
    assert "NaN" not in run.report.read_text() and (run.folder / "predictions.parquet").exists()


def test_no_patient_is_in_two_splits(run):
    import polars as pl

    rows = pl.read_parquet(run.folder / "table.parquet")
    assert rows.group_by("group").agg(pl.col("split").n_unique())["split"].max() == 1


def test_an_evaluation_and_a_prediction_agree_with_the_run(run, folder, tmp_path):
    found = opsin.evaluate(run.model, folder, device="cpu")
    assert len(found.predictions.ids) == 24 and found.scores["dice"].value > 0.6
    image = folder / "images" / "ball-3x.nii.gz"
    assert opsin.predict_files(opsin.load(run.model, "cpu"), [image], tmp_path / "out/") == []
    written, source = nib.load(tmp_path / "out" / "ball-3x.nii.gz"), nib.load(image)
    np.testing.assert_array_equal(written.affine, source.affine)
    classes, labels = np.asarray(written.dataobj), np.asarray(nib.load(folder / "labels" / "ball-3x.nii.gz").dataobj)
    assert classes.shape == labels.shape and (classes == labels).mean() > 0.9
    row = (tmp_path / "out" / "volumes.csv").read_text().splitlines()
    assert float(row[1].split(",")[1]) == pytest.approx((classes == 1).sum() * 1.5 / 1000)
    assert "Not a medical device" in (tmp_path / "out" / "ball-3x.html").read_text()


def test_reoriented_copies_give_the_same_classes(run, folder):
    model = opsin.load(run.model, "cpu")
    image = nib.load(folder / "images" / "ball-0x.nii.gz")
    plain = model.predict(folder / "images" / "ball-0x.nii.gz")[0]["mask"].transpose()
    for code in ("LPS", "ASL", "SRP"):
        turn = nib.orientations.ornt_transform(nib.io_orientation(image.affine), nib.orientations.axcodes2ornt(code))
        copy = folder.parent / f"{code}.nii.gz"
        nib.save(image.as_reoriented(turn), copy)
        found = nib.Nifti1Image(model.predict(copy)[0]["mask"].transpose(), nib.load(copy).affine)
        back = nib.orientations.ornt_transform(nib.io_orientation(found.affine), nib.io_orientation(image.affine))
        np.testing.assert_array_equal(np.asarray(found.as_reoriented(back).dataobj), plain)


def test_interrupted_and_resumed_it_ends_with_the_same_bits(run, folder, tmp_path):
    def stop(stage, done, total, note=""):
        if stage == "train" and done > 0.5:
            raise KeyboardInterrupt

    with pytest.raises((KeyboardInterrupt, Interrupted)):
        opsin.train(folder, epochs=12, seed=1, device="cpu", out=tmp_path / "run", progress=stop)
    resumed = opsin.resume(tmp_path / "run")
    one, other = load_file(run.model), load_file(resumed.model)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_options_of_geometry_are_kept_and_checked(folder, tmp_path):
    done = opsin.train(folder, epochs=1, device="cpu", out=tmp_path / "run", spacing=(3.0, 2.0, 2.0), window=(50, 250))
    prepared = opsin.load(done.model, "cpu").preprocessing
    assert prepared.spacing == (3.0, 2.0, 2.0) and prepared.window == (50, 250) and prepared.dtype == np.uint8
    with pytest.raises(opsin.OpsinError, match="low below high"):
        opsin.train(folder, epochs=1, out=tmp_path / "other", window=(250, 50))
