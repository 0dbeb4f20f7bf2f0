"""Where a run is kept."""

import pytest

from opsin.api.run_folder import check_writable, new_folder
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
