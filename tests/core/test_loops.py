"""Loops are there where numba and torch's threads are, and nothing fails where they are not."""

import subprocess
import sys

import pytest

from opsin.core import loops


@pytest.fixture(autouse=True)
def known_anew():
    loops.loops_run.cache_clear()
    yield
    loops.loops_run.cache_clear()


@pytest.mark.parametrize("missing", ["numba", "llvmlite", "llvmlite.binding"])
def test_without_numba_there_are_none(monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    assert not loops.loops_run()


def test_without_torchs_threads_there_are_none(monkeypatch):
    monkeypatch.setattr(loops, "openmp", lambda: None)
    assert not loops.loops_run()


def test_importing_opsin_does_not_import_numba():
    program = "import sys, opsin.nn, opsin.train, opsin.api, opsin.keras; print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.strip() == "False"


PROGRAM = """
import torch, torch.nn.functional as F
import {first}, {second}
from opsin.core import loops
if {broken}:
    import numba
    given = numba.cfunc
    def cfunc(signature, cache=False, **settings):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return given(signature, **settings)
    numba.cfunc = cfunc
assert loops.loops_run()
from opsin.nn.compiled_pooling import pool_largest
torch.set_num_threads({threads})
x = torch.randn(3, 16, 9, 10).contiguous(memory_format=torch.channels_last).requires_grad_()
for _ in range(20):
    y, plain = pool_largest(x), F.max_pool2d(x, 2)
    assert torch.equal(y, plain)
    assert torch.equal(*(torch.autograd.grad(z.square().sum(), x)[0] for z in (y, plain)))
print("alike")
"""


@pytest.mark.parametrize(("first", "second"), [("torch", "numba"), ("numba", "torch")])
@pytest.mark.parametrize(("threads", "broken"), [(1, False), (3, False), (2, True)])
def test_any_order_of_imports_any_number_of_threads_any_place_to_keep_code(first, second, threads, broken):
    pytest.importorskip("numba")
    if not loops.loops_run():
        pytest.skip("torch is without GNU OpenMP here")
    program = PROGRAM.format(first=first, second=second, threads=threads, broken=broken)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and done.stdout.strip() == "alike", done.stderr


FORKING = """
import multiprocessing, torch
from opsin.core import loops
from opsin.nn.compiled_pooling import pool_largest
assert loops.loops_run()
torch.set_num_threads(1)
x = torch.randn(3, 16, 9, 10).contiguous(memory_format=torch.channels_last).requires_grad_()
pool_largest(x)
process = multiprocessing.get_context("fork").Process(target=pool_largest, args=(x,))
process.start()
process.join(60)
assert process.exitcode == 0
"""


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="there is no fork")
def test_a_forked_process_has_loops_too():
    pytest.importorskip("numba")
    if not loops.loops_run():
        pytest.skip("torch is without GNU OpenMP here")
    done = subprocess.run([sys.executable, "-c", FORKING], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
