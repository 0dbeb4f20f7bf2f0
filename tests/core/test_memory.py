import os
import platform
import subprocess
import sys

import pytest

from opsin.core import keep_large_buffers

FAULTS = """
import resource, torch
from opsin.core import keep_large_buffers
keep_large_buffers()
def step(): torch.empty(2**23).fill_(1.0)
for _ in range(20): step()  # aligned requests need several rounds to find a large enough block
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5): step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(setting):
    env = {**os.environ, "OPSIN_MALLOPT": setting}
    ran = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, env=env, timeout=300)
    return int(ran.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives buffers back")
def test_a_freed_buffer_is_reused_without_page_faults():
    assert faults("1") * 10 < faults("0")


def test_the_environment_variable_disables_it(monkeypatch):
    monkeypatch.setenv("OPSIN_MALLOPT", "0")
    assert keep_large_buffers.__wrapped__() is False


def test_other_c_libraries_are_unchanged(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert keep_large_buffers.__wrapped__() is False
