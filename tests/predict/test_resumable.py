import json
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from opsin.core import OpsinError
from opsin.predict.resumable import ResumableOutput
from opsin.predict.tables import SUFFIXES, TableFile, TableWriter, encoded

SCHEMA = {"name": pl.String(), "value": pl.Float64()}
KEYS = ["aa", "bb", "cc"]


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


class Killed(BaseException):
    """Stands for the end of the process."""


def rows(number: int) -> pl.DataFrame:
    names = ['a, "quoted"', None if number else "two\nlines", "Zoë"]
    return pl.DataFrame({"name": names, "value": [number / 3, None, 1e-300]}, schema=SCHEMA)


def suffix_of(file: ResumableOutput) -> str:
    return file.output.suffix


def finish(file: ResumableOutput) -> None:
    table = TableFile(TableWriter(SCHEMA, lambda images: pl.DataFrame(schema=SCHEMA)), suffix_of(file), file.output)
    file.finalize(table.finalize)


def make(file: ResumableOutput) -> bool:
    """True when something had to be made."""
    if file.start() is not None:
        return False
    for number in file.missing():
        file.write_chunk(number, encoded(rows(number), suffix_of(file)), number)
    finish(file)
    return True


def read(path: Path) -> pl.DataFrame:
    if path.suffix == ".csv":
        return pl.read_csv(path, schema=SCHEMA)
    return pl.read_ndjson(path, schema=SCHEMA) if path.suffix == ".jsonl" else pl.read_parquet(path)


@contextmanager
def killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process ends before the step-th time that anything is put in its place or removed."""
    left = step
    replace, unlink, rmdir = os.replace, Path.unlink, Path.rmdir

    def dying(call):
        def call_or_die(*args, **kwargs):
            nonlocal left
            if str(args[0]).endswith(".part") and call is unlink:
                return None  # a killed process cleans nothing up
            left -= 1
            if left < 0:
                raise Killed
            return call(*args, **kwargs)

        return call_or_die

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", dying(replace))
        patch.setattr(Path, "unlink", dying(unlink))
        patch.setattr(Path, "rmdir", dying(rmdir))
        yield


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_was_written_is_read(suffix: str, tmp_path: Path):
    output = tmp_path / f"out{suffix}"
    assert make(ResumableOutput(output, "me", KEYS))
    expected = pl.concat([rows(number) for number in range(3)])
    assert read(output).equals(expected)
    assert sorted(os.listdir(tmp_path)) == [f".out{suffix}.opsin", f"out{suffix}"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_killed_at_any_step_it_ends_the_same(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    whole = tmp_path / f"whole{suffix}"
    make(ResumableOutput(whole, "me", KEYS))
    for step in range(100):
        output = tmp_path / str(step) / f"out{suffix}"
        file = ResumableOutput(output, "me", KEYS)
        try:
            with killed_at(step, monkeypatch):
                make(file)
        except Killed:
            assert not output.exists() or output.read_bytes() == whole.read_bytes()
            make(file)
            assert output.read_bytes() == whole.read_bytes()
            assert sorted(os.listdir(output.parent)) == [f".out{suffix}.opsin", f"out{suffix}"]
        else:
            break
    assert step > 10


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_rows_give_a_file_of_columns(suffix: str, tmp_path: Path):
    output = tmp_path / f"out{suffix}"
    assert make(ResumableOutput(output, "me", []))
    assert output.exists()
    if suffix != ".jsonl":
        assert read(output).schema == SCHEMA and not len(read(output))


def test_json_lines_are_json(tmp_path: Path):
    output = tmp_path / "out.jsonl"
    make(ResumableOutput(output, "me", KEYS))
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert lines == [row for number in range(3) for row in rows(number).to_dicts()]


def test_a_finished_file_is_left_alone(tmp_path: Path):
    output = tmp_path / "out.csv"
    make(ResumableOutput(output, "me", KEYS))
    before = output.stat()
    assert not make(ResumableOutput(output, "me", KEYS))
    assert ResumableOutput(output, "me", KEYS).start() == 0 + 1 + 2
    assert output.stat().st_mtime_ns == before.st_mtime_ns and output.stat().st_ino == before.st_ino


def test_other_inputs_are_made_anew_and_known_pieces_kept(tmp_path: Path):
    output = tmp_path / "out.csv"
    make(ResumableOutput(output, "me", KEYS))
    assert make(ResumableOutput(output, "me", KEYS[:2]))
    assert len(read(output)) == 6
    half = ResumableOutput(tmp_path / "half.csv", "me", KEYS)
    assert half.start() is None
    half.write_chunk(0, encoded(rows(0), ".csv"), 0)
    changed = ResumableOutput(tmp_path / "half.csv", "me", ["aa", "ff"])
    assert changed.start() is None
    assert changed.missing() == [1]


def test_another_model_is_refused(tmp_path: Path):
    output = tmp_path / "out.csv"
    make(ResumableOutput(output, "me", KEYS))
    before = output.read_bytes()
    with pytest.raises(OpsinError, match=r"out.csv was made by another model; delete it or name another output"):
        ResumableOutput(output, "you", KEYS).start()
    assert output.read_bytes() == before
    half = tmp_path / "half.csv"
    ResumableOutput(half, "me", KEYS).start()
    with pytest.raises(OpsinError, match="unfinished predictions of another model"):
        ResumableOutput(half, "you", KEYS).start()


def test_a_file_of_the_user_is_not_overwritten(tmp_path: Path):
    output = tmp_path / "out.csv"
    output.write_text("mine")
    with pytest.raises(OpsinError, match="there already"):
        ResumableOutput(output, "me", KEYS).start()
    assert output.read_text() == "mine"
    output.write_text("")
    assert make(ResumableOutput(output, "me", KEYS))


def test_files_of_the_user_in_the_folder_of_pieces_stay(tmp_path: Path):
    parts = tmp_path / "out.csv.parts"
    parts.mkdir()
    (parts / "thesis.txt").write_text("mine")
    make(ResumableOutput(tmp_path / "out.csv", "me", KEYS))
    assert os.listdir(parts) == ["thesis.txt"]


def test_a_folder_as_output(tmp_path: Path):
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(OpsinError, match="it is a folder"):
        ResumableOutput(tmp_path / "out.csv", "me", KEYS).start()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_is_one_line_and_keeps_the_pieces(suffix: str, tmp_path: Path):
    values = np.random.default_rng(0).random(2700)
    noise = pl.DataFrame({"name": [f"{value:.3f}" for value in values], "value": values}, schema=SCHEMA)
    file = ResumableOutput(tmp_path / f"out{suffix}", "me", [f"{number:x}" for number in range(9)])
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16_000, limits[1]))
    try:
        with pytest.raises(OpsinError, match=r"could not write .*free disk space") as caught:
            for number in file.missing() if file.start() is None else ():
                file.write_chunk(number, encoded(noise.slice(300 * number, 300), suffix), 0)
            finish(file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / f"out{suffix}").exists()
    assert not file.missing()
    assert make(file)
    assert read(file.output).equals(noise)
