import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image

from opsin.data import ImagePreprocessing
from opsin.model import Model
from opsin.nn import Dense, Flatten, Sequential
from opsin.predict.inputs import name_of
from opsin.predict.pipeline import chunk_length, predict_chunks
from opsin.predict.tables import image_rows
from opsin.tasks import MultiLabel, Regress


def tables(model: Model, pieces: list[list[Path]]) -> list[pl.DataFrame]:
    return [image_rows(model.task).make(piece) for piece in predict_chunks(model, pieces)]


def test_rows_are_predictions_in_order(model: Model, images: list[Path]):
    pieces = [images[:5], images[5:6], images[6:]]
    rows = pl.concat(tables(model, pieces)).to_dicts()
    assert [row["path"] for row in rows] == [str(path) for path in images]
    assert sum(row["error"] is not None for row in rows) == 3
    for path, row in zip(images, rows, strict=True):
        answer = {name: value for name, value in row.items() if name not in ("path", "error")}
        if row["error"] is None:
            (alone,) = model.predict(path)
            assert answer["label"] == alone["label"]
            assert answer["p_cat"] == pytest.approx(alone["p_cat"], rel=0.03)
        else:
            assert set(answer.values()) == {None}
            assert "\n" not in row["error"]


def test_threads_that_only_decode_give_the_same_rows(model: Model, images: list[Path]):
    together = pl.concat(tables(model, [images]))
    hook = next(model.network.children()).register_forward_hook(lambda *_: None)  # so the network itself answers
    assert not model.supports_threads
    apart = pl.concat(tables(model, [images]))
    hook.remove()
    assert apart["path"].equals(together["path"]) and apart["error"].equals(together["error"])
    assert apart["p_cat"].fill_null(-1).to_list() == pytest.approx(together["p_cat"].fill_null(-1).to_list(), rel=0.03)


@pytest.mark.parametrize("some", [0, 10**6])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_any_number_of_threads_gives_the_same_rows(model: Model, images: list[Path], threads, some, monkeypatch):
    monkeypatch.setattr("opsin.predict.pipeline._MIN_IMAGES_PER_CORE", some)
    expected, before = pl.concat(tables(model, [images])), torch.get_num_threads()
    try:
        torch.set_num_threads(threads)
        found = pl.concat(tables(model, [images[:7], images[7:8], images[8:]]))
    finally:
        torch.set_num_threads(before)
    assert found["path"].equals(expected["path"]) and found["error"].equals(expected["error"])
    assert found["p_cat"].fill_null(-1).to_list() == pytest.approx(expected["p_cat"].fill_null(-1).to_list(), rel=0.03)


def test_what_is_broken_says_how(model: Model, images: list[Path]):
    (frame,) = tables(model, [images])
    errors = {Path(row["path"]).name: row["error"] for row in frame.drop_nulls("error").to_dicts()}
    assert errors == {
        'empty, "quoted".jpg': "is empty (0 bytes). Expected an image.",
        "missing.png": "cannot be read: no such file or directory. Expected an image file.",
        "cut.png": errors["cut.png"],
    }
    assert errors["cut.png"].startswith("is cut short or damaged")


def test_a_piece_of_broken_images_alone(model: Model, tmp_path: Path):
    (frame,) = tables(model, [[tmp_path / "a", tmp_path]])
    assert frame.schema == image_rows(model.task).schema
    assert frame["error"].null_count() == 0


def test_nothing_to_do(model: Model):
    assert list(predict_chunks(model, [])) == []


@pytest.fixture
def broken_numbers(tmp_path: Path) -> tuple[Model, Path]:
    Image.new("L", (2, 2), 255).save(tmp_path / "a.png")
    network = Sequential([Flatten(), Dense(3)], input_shape=(2, 2, 1), seed=0)
    network.state_dict()["dense.bias"][0] = float("nan")
    network.state_dict()["dense.bias"][1] = float("inf")
    task = Regress(("error", "path", "count"), (0.0,) * 3, (1.0,) * 3)
    return Model(network, task, ImagePreprocessing(2, 2, 1, (0.5,), (0.5,))), tmp_path / "a.png"


def test_no_nan_and_no_doubled_column(broken_numbers: tuple[Model, Path]):
    model, path = broken_numbers
    (frame,) = tables(model, [[path]])
    assert frame.columns == ["path", "error_", "path_", "count", "error"]
    row = frame.to_dicts()[0]
    assert (row["error_"], row["path_"], row["error"]) == (None, None, None)
    assert np.isfinite(row["count"])


def test_labels_have_their_columns():
    network = Sequential([Flatten(), Dense(2)], input_shape=(2, 2, 1), seed=0)
    model = Model(network, MultiLabel(("a", "b")), ImagePreprocessing(2, 2, 1, (0.5,), (0.5,)))
    assert list(image_rows(model.task).schema) == ["path", "labels", "p_a", "p_b", "error"]


def test_pieces_are_bounded_in_memory(make_model):
    assert chunk_length(make_model()) == 256
    large = Sequential([Flatten(), Dense(3)], input_shape=(2048, 2048, 3), seed=0)
    model = Model(large, make_model().task, ImagePreprocessing(2048, 2048, 3, (0.5,) * 3, (0.2,) * 3))
    assert chunk_length(model) == 64 * 2**20 // (2048 * 2048 * 3)


def test_a_stopped_reader_leaves_no_thread(model: Model, images: list[Path]):
    import threading

    before = threading.active_count()
    pieces = predict_chunks(model, [images] * 5)
    next(next(pieces))
    pieces.close()
    assert threading.active_count() == before


def test_a_name_that_is_no_text(model: Model, tmp_path: Path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png"))
    Image.new("RGB", (8, 8)).save(path)
    (frame,) = tables(model, [[path]])
    assert frame["error"][0] is None
    assert frame["path"][0] == name_of(path) == f"{tmp_path}/caf\ufffd.png"
