"""A run's decisions on disk: what is read back is what was written, and what is no record is refused."""

import json
import shutil

import numpy as np
import polars as pl
import pytest

from opsin.api.run_record import RunRequest, load_unstarted_run, read_record, write_record
from opsin.core import ModelFileError, silent
from opsin.plan.plan import TrainOptions, make_plan


@pytest.fixture
def prepared(colours, tmp_path):
    """A run that is decided and recorded but not begun."""
    options = TrainOptions(model="simple", epochs=2, device="cpu", seed=7, hflip=True)
    made = make_plan(colours, options, lambda *_: tmp_path / "run", lambda: 0.0, silent)
    write_record(made, RunRequest(str(colours), options, "opsin train colours"))
    return made


def test_what_was_decided_is_read_back(prepared):
    again, options = read_record(prepared.job.folder, None, silent)
    assert options.seed == 7 and again.job.recipe == prepared.job.recipe and again.reasons == prepared.reasons
    assert again.job.model.task == prepared.job.model.task
    assert again.job.model.preprocessing == prepared.job.model.preprocessing
    assert again.job.model.tta == prepared.job.model.tta
    assert again.dataset.table.rows.equals(prepared.dataset.table.rows)
    assert again.dataset.fingerprint == prepared.dataset.fingerprint
    np.testing.assert_array_equal(again.job.valid_targets, prepared.job.valid_targets)
    first, second = (next(iter(run.job.batches.stream(0))) for run in (prepared, again))
    assert first.images.equal(second.images) and first.targets.equal(second.targets)


def test_a_run_without_checkpoint_says_what_to_start_anew(prepared, colours):
    folder = prepared.job.folder
    request, recipe = load_unstarted_run(folder, None)
    assert request.data == str(colours) and request.options.seed == 7 and request.command == "opsin train colours"
    assert recipe == prepared.job.recipe
    (folder / "last.safetensors").touch()
    assert load_unstarted_run(folder, None) is None


def test_a_request_alone_is_enough(tmp_path):
    asked = RunRequest(
        "photos", TrainOptions(epochs=3.0, class_weights=True, labels="Edema,Age"), "opsin train photos --class-weights"
    )
    asked.write(tmp_path)
    assert load_unstarted_run(tmp_path, None) == (asked, None)
    assert load_unstarted_run(tmp_path, "elsewhere")[0].data == "elsewhere"


def test_arrays_must_be_handed_in_again(tmp_path):
    RunRequest((np.zeros((2, 3, 3)), ["a", "b"]), TrainOptions(), "python").write(tmp_path)
    with pytest.raises(ModelFileError, match=r"hand them in again: opsin\.resume\("):
        load_unstarted_run(tmp_path, None)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", "{}", '{"options": 1, "data": "x", "command": ""}', '{"data": "x", "options": {"a": 1}}'],
)
def test_what_is_no_record_is_refused_in_one_line(tmp_path, text):
    (tmp_path / "args.yaml").write_text(text)
    with pytest.raises(ModelFileError, match=r"args\.yaml cannot be read") as refused:
        load_unstarted_run(tmp_path, None)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["network", "recipe", "task", "preprocessing", "fingerprint", "tta"])
def test_a_record_with_a_part_missing_is_refused(prepared, name):
    path = prepared.job.folder / "args.yaml"
    args = json.loads(path.read_text())
    del args[name]
    path.write_text(json.dumps(args))
    with pytest.raises(ModelFileError, match=name):
        read_record(prepared.job.folder, None, silent)


def test_a_table_that_is_gone_or_no_table_is_refused(prepared):
    path = prepared.job.folder / "table.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(ModelFileError):
        read_record(prepared.job.folder, None, silent)
    path.unlink()
    with pytest.raises(ModelFileError):
        read_record(prepared.job.folder, None, silent)


def test_images_that_moved_can_be_named_anew(prepared, colours, tmp_path):
    shutil.copytree(colours, tmp_path / "moved")
    again, _ = read_record(prepared.job.folder, str(tmp_path / "moved"), silent)
    assert again.dataset.fingerprint == prepared.dataset.fingerprint
    rows = pl.read_parquet(prepared.job.folder / "table.parquet")
    assert again.dataset.table.rows.equals(rows.select(again.dataset.table.rows.columns))
