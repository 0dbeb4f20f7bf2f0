import os
import subprocess
import sys

import pytest

from opsin.core import OpsinError, replacing, write_bytes, write_text

FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from opsin.core import OpsinError, write_bytes
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_bytes(Path(sys.argv[1]), bytes(100_000))
except OpsinError as error:
    print(error)
"""
KILLED = """
import os, sys
from pathlib import Path
from opsin.core import replacing
with replacing(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    os._exit(9)
"""


def run(program, path):
    return subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, timeout=300)


def test_write_is_complete_and_creates_the_folder(tmp_path):
    path = tmp_path / "new" / "ünïcode.txt"
    write_text(path, "grün")
    assert path.read_bytes() == "grün".encode()
    write_bytes(path, b"again")
    assert os.listdir(path.parent) == [path.name]
    assert path.read_bytes() == b"again"


def test_an_error_in_the_block_keeps_the_previous_file(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "good")
    with pytest.raises(ZeroDivisionError), replacing(path) as temporary:
        temporary.write_text("half")
        _ = 1 / 0
    assert path.read_text() == "good"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_killed_process_keeps_the_previous_file(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "good")
    assert run(KILLED, path).returncode == 9
    assert path.read_text() == "good"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_a_full_disk_keeps_the_previous_file_and_gives_one_line(tmp_path):
    path = tmp_path / "a.bin"
    write_bytes(path, b"good")
    ended = run(FULL_DISK, path)
    assert ended.returncode == 0, ended.stderr
    assert str(path) in ended.stdout
    assert "free disk space" in ended.stdout
    assert ended.stdout.count("\n") == 1
    assert path.read_bytes() == b"good"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_folder_that_is_a_file_is_an_error_with_a_fix(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OpsinError, match="choose another folder"):
        write_text(tmp_path / "file" / "a.txt", "")


def test_file_mode_follows_the_umask(tmp_path):
    with replacing(tmp_path / "model") as temporary:
        temporary.unlink()
        temporary.touch(mode=0o600)
    (tmp_path / "plain").touch()
    assert (tmp_path / "model").stat().st_mode == (tmp_path / "plain").stat().st_mode
