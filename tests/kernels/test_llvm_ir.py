"""Machine code is there where llvmlite and torch's threads are, and nothing fails where they are not."""

import os
import subprocess
import sys

import pytest
import torch

from opsin.kernels import llvm_ir
from opsin.kernels.llvm_ir import Assembly, has_assembler, has_avx512_bf16
from opsin.kernels.openmp import run


@pytest.fixture(autouse=True)
def known_anew():
    for question in (has_assembler, has_avx512_bf16):
        question.cache_clear()
    yield
    for question in (has_assembler, has_avx512_bf16):
        question.cache_clear()


@pytest.mark.parametrize("missing", ["llvmlite", "llvmlite.binding"])
def test_without_llvmlite_there_is_none(monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    assert not has_assembler() and not has_avx512_bf16()


def test_without_torchs_threads_there_is_none(monkeypatch):
    monkeypatch.setattr(llvm_ir, "openmp", lambda: None)
    assert not has_assembler() and not has_avx512_bf16()


@pytest.mark.skipif(llvm_ir.openmp() is None, reason="torch is without GNU OpenMP")
def test_an_old_llvmlite_is_left_alone(monkeypatch):
    llvm = pytest.importorskip("llvmlite.binding")
    monkeypatch.setattr(llvm, "llvm_version_info", (14, 0, 6))
    assert not has_assembler()


def test_importing_opsin_does_not_import_llvmlite():
    program = "import sys, opsin.nn, opsin.training, opsin.api, opsin.keras; print('llvmlite' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.strip() == "False"


needs_assembler = pytest.mark.skipif(not has_assembler(), reason="no llvmlite, or torch is without GNU OpenMP")


@needs_assembler
@pytest.mark.parametrize("count", [0, 1, 2, 1000])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_each_piece_of_work_is_done_once(count, threads):
    code = Assembly(["x"], ["n"])
    first, last = code.thread_range(code.sizes["n"])
    with code.loop(first, last) as i:
        place = code.gep(code.tensors["x"], "i64", i)
        code.store("i64", code.int_op("add", code.load("i64", place), code.int_op("umin", i, 7)), place)
    before, x = torch.get_num_threads(), torch.ones(count, dtype=torch.int64)
    torch.set_num_threads(threads)
    try:
        run(code.compile(), (x,), (count,))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(x, 1 + torch.arange(count).clamp(max=7))


COUNTING = """
from opsin.kernels.llvm_ir import Assembly, has_assembler
from opsin.kernels.openmp import run
assert has_assembler()
code = Assembly(["x"], ["n"])
with code.loop(*code.thread_range(code.sizes["n"])) as i:
    code.store("i64", i, code.gep(code.tensors["x"], "i64", i))
loop = code.compile()
def count():
    x = torch.zeros(100_000, dtype=torch.int64)
    run(loop, (x,), (len(x),))
    assert torch.equal(x, torch.arange(len(x)))
"""
PROGRAM = """
import {first}, {second}
import torch
{counting}
torch.set_num_threads({threads})
for _ in range(20):
    count()
print("alike")
"""


@needs_assembler
@pytest.mark.parametrize(("first", "second"), [("torch", "llvmlite.binding"), ("llvmlite.binding", "torch")])
@pytest.mark.parametrize("threads", [1, 3])
def test_any_order_of_imports_and_any_number_of_threads(first, second, threads):
    program = PROGRAM.format(first=first, second=second, threads=threads, counting=COUNTING)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and done.stdout.strip() == "alike", done.stderr


FORKING = f"""
import multiprocessing, torch
{COUNTING}
torch.set_num_threads(1)
count()
process = multiprocessing.get_context("fork").Process(target=count)
process.start()
process.join(60)
assert process.exitcode == 0
"""


@needs_assembler
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_process_has_machine_code_too():
    done = subprocess.run([sys.executable, "-c", FORKING], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
