"""Where a run is kept."""

import pytest

from opsin.api.run_folder import check_apart, check_writable, new_folder
from opsin.core import OpsinError


def test_numbers_count_up_and_names_are_tame(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, second = (new_folder(None, "classify", "/data/my cats: 2024/") for _ in range(2))
    assert first.name.endswith("-1") and second.name.endswith("-2") and first.is_dir()
    assert first.parent.as_posix() == "runs/classify" and not set(' :"') & set(first.name)
    assert new_folder(None, "classify", "..").parent.as_posix() == "runs/classify"


def test_a_named_folder_is_taken(tmp_path):
    assert new_folder(tmp_path / "x", "classify", "data") == tmp_path / "x"


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OpsinError, match=r"cannot write into .*: Not a directory; name another folder with --out"):
        check_writable(tmp_path / "file" / "run")
    check_writable(tmp_path / "new" / "run")
    assert not list((tmp_path / "new" / "run").iterdir())


def test_a_run_does_not_write_among_the_files_of_its_data_set(tmp_path, monkeypatch):
    data = tmp_path / "data"
    for name in ("cat/1.png", "dog/1.png", "notes/a.txt", "labels.csv"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).touch()
    monkeypatch.chdir(data)
    for out, source in ((data, data), (data / "cat" / "..", str(data)), (data, "."), (data, "labels.csv")):
        with pytest.raises(
            OpsinError, match=r"is the folder of the data set\. Expected .* choose another name for --out"
        ):
            check_apart(out, source)
    with pytest.raises(OpsinError, match=r"cat contains images of the data set"):
        check_apart(data / "cat", data)
    for out in (None, data / "runs" / "one", data / "notes", tmp_path, tmp_path / "runs"):
        check_apart(out, data)
    check_apart(data / "cat", "labels.csv")
    check_apart(data, (1, 2))
