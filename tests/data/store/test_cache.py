import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from opsin.data import cache_folder
from opsin.data.store.cache import hold, limit_bytes, make_room, making


def entry(folder: Path, name: str, size: int, age: float) -> Path:
    with making(folder / name) as part:
        (part / "content").write_bytes(b"x" * size)
    used = time.time() - age
    os.utime(folder / name / "in-use", (used, used))
    return folder / name


def names(folder: Path):
    return sorted(path.name for path in folder.iterdir())


def test_the_folder_is_the_argument_the_variable_or_the_users(monkeypatch, tmp_path):
    assert cache_folder(tmp_path) == tmp_path
    monkeypatch.setenv("OPSIN_CACHE", "/somewhere")
    assert cache_folder() == Path("/somewhere")
    monkeypatch.delenv("OPSIN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_folder() == Path("/xdg/opsin")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/someone")
    assert cache_folder() == Path("/home/someone/.cache/opsin")


def test_the_limit_is_a_number_or_the_default(monkeypatch):
    assert limit_bytes() == 20 * 2**30
    monkeypatch.setenv("OPSIN_CACHE_GIB", "0.5")
    assert limit_bytes() == 2**29
    monkeypatch.setenv("OPSIN_CACHE_GIB", "plenty")
    assert limit_bytes() == 20 * 2**30


def test_least_recently_used_goes_first_and_never_the_one_in_use(tmp_path, monkeypatch):
    monkeypatch.setenv("OPSIN_CACHE_GIB", str(3000 / 2**30))
    for name, age in (("old", 30), ("older", 40), ("oldest-but-held", 50), ("new", 1)):
        entry(tmp_path, name, 1000, age)
    lock = hold(tmp_path / "oldest-but-held")
    assert lock is not None
    os.utime(tmp_path / "oldest-but-held" / "in-use", (0, 0))
    make_room(tmp_path, 500)
    assert names(tmp_path) == ["new", "oldest-but-held"]
    make_room(tmp_path, 10**9)
    assert names(tmp_path) == ["oldest-but-held"]
    lock.close()
    make_room(tmp_path, 10**9)
    assert names(tmp_path) == []


def test_holding_marks_as_used_now(tmp_path):
    path = entry(tmp_path, "one", 10, age=1000)
    lock = hold(path)
    assert lock is not None and time.time() - (path / "in-use").stat().st_mtime < 100
    lock.close()
    assert hold(tmp_path / "none") is None


def test_a_failure_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), making(tmp_path / "one") as part:
        (part / "content").write_bytes(b"half")
        raise RuntimeError
    assert names(tmp_path) == []


def test_a_kill_leaves_nothing_that_is_taken_for_whole_and_is_swept_later(tmp_path):
    script = (
        "import os, sys, pathlib\n"
        "from opsin.data.store.cache import making\n"
        "with making(pathlib.Path(sys.argv[1]) / 'one') as part:\n"
        "    (part / 'content').write_bytes(b'half')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert done.returncode == -9
    (left,) = tmp_path.iterdir()
    assert left.name.endswith(".part") and hold(tmp_path / "one") is None
    entry(tmp_path, "two", 1, 0)
    assert left.exists()  # its maker might still be at work
    os.utime(left, (0, 0))
    entry(tmp_path, "three", 1, 0)
    assert names(tmp_path) == ["three", "two"]


def test_the_second_of_two_makers_gives_way(tmp_path):
    with making(tmp_path / "one") as slow:
        (slow / "content").write_bytes(b"slow")
        with making(tmp_path / "one") as fast:
            (fast / "content").write_bytes(b"fast")
    assert (tmp_path / "one" / "content").read_bytes() == b"fast"
    assert names(tmp_path) == ["one"]


def test_a_user_without_a_home_keeps_images_in_memory(monkeypatch):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("OPSIN_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("pathlib.Path.home", no_home)
    assert str(cache_folder()).replace("\\", "/").endswith("/.cache/opsin")
