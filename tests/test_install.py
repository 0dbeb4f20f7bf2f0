"""The wheel and the sdist hold the whole package, and the installed command works outside of the source tree."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
SOURCE = {
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "opsin").rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
}


def run(*command, cwd):
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    ended = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return ended.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Folder with the sdist, and with the wheel that was built from the unpacked sdist."""
    folder = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(folder), cwd=ROOT)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    (unpacked,) = (path for path in folder.iterdir() if path.is_dir())
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=unpacked)
    return folder


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """Environment with the wheel; the packages it depends on are those of this environment."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(folder, symlinks=True)
    (wheel,) = built.glob("*.whl")
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index")
    run(*pip, str(wheel), cwd=built)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return folder


def test_wheel_and_sdist_hold_every_file(built):
    (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if name.startswith("opsin/")} == SOURCE
    with tarfile.open(sdist) as archive:
        names = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    assert names >= {*SOURCE, "README.md", "LICENSE", "constraints.txt", "tests/test_install.py"}


def test_the_installed_command_predicts(installed, model, tmp_path):
    model.save(tmp_path / "m.safetensors")
    Image.fromarray(np.full((9, 9, 3), 120, np.uint8)).save(tmp_path / "grey.png")
    where = run(str(installed / "bin" / "python"), "-c", "import opsin; print(opsin.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed)
    command = str(installed / "bin" / "opsin")
    assert "train" in run(command, "--help", cwd=tmp_path)
    (row,) = json.loads(run(command, "predict", "m.safetensors", "grey.png", "--json", cwd=tmp_path))
    assert row["label"] in ("cat", "dog", "eel") and row["error"] is None


def test_shells_complete_commands_and_options(installed, tmp_path):
    command = installed / "bin" / "opsin"
    environment = {"_OPSIN_COMPLETE": "complete_bash", "COMP_WORDS": "opsin train --augm", "COMP_CWORD": "2"}
    ended = subprocess.run([command], env={**os.environ, **environment}, capture_output=True, text=True, cwd=tmp_path)
    assert ended.stdout.split() == ["--augment"]
    assert "--install-completion" in run(str(command), "--help", cwd=tmp_path)


TEXTS = [*(ROOT / "opsin").rglob("*.py"), *(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "pyproject.toml"]


def test_messages_name_an_installation_that_works_today():
    for path in TEXTS:
        text = path.read_text(encoding="utf-8")
        assert "opsin[" not in text or path.name == "LOG.md", path  # in no package index yet
        assert set(re.findall(r"pip install '\.\[(\w+)\]'", text)) <= EXTRAS.keys(), path
