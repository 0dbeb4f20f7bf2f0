import time

import pytest

from opsin.core import OpsinError
from opsin.report import write_report


def test_page_and_plots_are_in_the_folder(classify, tmp_path):
    begun = time.process_time()
    path = write_report(tmp_path / "run", classify())
    assert time.process_time() - begun < 8
    assert path == tmp_path / "run" / "report.html"
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert sorted(file.name for file in (tmp_path / "run").iterdir()) == ["plots", "report.html"]


def test_a_folder_that_cannot_be_written_is_named(classify, tmp_path):
    (tmp_path / "run").write_text("a file")
    with pytest.raises(OpsinError, match="could not write"):
        write_report(tmp_path / "run", classify())
