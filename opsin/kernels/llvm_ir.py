"""Functions written in LLVM's assembly language, made machine code for the processor at hand.

For the few loops whose speed depends on which registers hold what. llvmlite (https://llvmlite.readthedocs.io,
`pip install 'opsin[fast]'`) compiles them in some hundredths of a second; `opsin.kernels.openmp.run` runs them. The
language: https://llvm.org/docs/LangRef.html.
"""

import itertools
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from .openmp import openmp

_LLVM = 20
"""From this version on the assembler knows all that is written here."""
_CALLED = ("umin", "smax")
_ENGINES: list[Any] = []
"""Kept, for machine code lasts no longer than what made it."""


@cache
def has_assembler() -> bool:
    """Whether machine code can be made here and run in torch's threads."""
    if openmp() is None:
        return False
    try:
        import llvmlite.binding as llvm
    except ImportError:
        return False
    return llvm.llvm_version_info[0] >= _LLVM


@cache
def has_avx512_bf16() -> bool:
    """Whether that is for a processor with AVX512_BF16, which rounds 16 numbers to bfloat16 at once."""
    if not has_assembler():
        return False
    import llvmlite.binding as llvm

    features: Any = llvm.get_host_cpu_features()
    return bool(features.get("avx512bf16") and features.get("avx512bw"))


class Assembly:
    """Writes one function for `opsin.kernels.openmp.run`: of the addresses it is given the last is of int64 sizes.

    Each method adds instructions and gives the name of what they compute. Values that change live in a `place`; those
    of fixed size become registers.

    Examples:
        >>> code = Assembly(["x"], ["n"])
        >>> with code.loop("0", code.sizes["n"]) as i:
        ...     code.emit(f"store i8 0, ptr {code.gep(code.tensors['x'], 'i8', i)}")
        >>> "store i8 0" in code.text()
        True
    """

    def __init__(self, tensors: Sequence[str], sizes: Sequence[str]) -> None:
        self._heads: list[str] = []
        self._lines: list[str] = []
        self._numbers = itertools.count()
        given = [self.load("ptr", self.gep("%given", "ptr", str(n))) for n in range(len(tensors) + 1)]
        self.tensors = dict(zip(tensors, given, strict=False))
        self.sizes = {name: self.load("i64", self.gep(given[-1], "i64", str(n))) for n, name in enumerate(sizes)}

    def emit(self, instruction: str) -> None:
        """An instruction that gives nothing."""
        self._lines.append(instruction)

    def value(self, instruction: str) -> str:
        """What an instruction gives."""
        name = f"%v{next(self._numbers)}"
        self.emit(f"{name} = {instruction}")
        return name

    def alloca(self, kind: str) -> str:
        """The address of a value that can be written."""
        name = f"%p{next(self._numbers)}"
        self._heads.append(f"{name} = alloca {kind}")
        return name

    def load(self, kind: str, address: str, align: int = 8) -> str:
        """What lies at an address."""
        return self.value(f"load {kind}, ptr {address}, align {align}")

    def store(self, kind: str, value: str, address: str, align: int = 8) -> None:
        """Writes a value to an address."""
        self.emit(f"store {kind} {value}, ptr {address}, align {align}")

    def gep(self, base: str, kind: str, number: str) -> str:
        """The address of the value with that number of those that start at `base`."""
        return self.value(f"getelementptr {kind}, ptr {base}, i64 {number}")

    def int_op(self, operation: str, left: str, right: str | int) -> str:
        """An operation on int64: add, sub, mul, udiv, urem, the smaller one umin, or with signs the larger one smax."""
        if operation in _CALLED:
            return self.value(f"call i64 @llvm.{operation}.i64(i64 {left}, i64 {right})")
        return self.value(f"{operation} i64 {left}, {right}")

    @contextmanager
    def loop(self, first: str, last: str, step: int = 1) -> Generator[str]:
        """What is written inside is done for each number from `first` up to but not including `last`."""
        place, label = self.alloca("i64"), next(self._numbers)
        self.store("i64", first, place)
        self.emit(f"br label %test{label}\ntest{label}:")
        number = self.load("i64", place)
        more = self.value(f"icmp ult i64 {number}, {last}")
        self.emit(f"br i1 {more}, label %inside{label}, label %after{label}\ninside{label}:")
        yield number
        self.store("i64", self.int_op("add", number, step), place)
        self.emit(f"br label %test{label}\nafter{label}:")

    def thread_range(self, count: str) -> tuple[str, str]:
        """This thread's part of `count` pieces of work: the first, and the one behind the last."""
        thread, threads = (self.value(f"call i32 @omp_get_{name}()") for name in ("thread_num", "num_threads"))
        thread, threads = (self.value(f"zext i32 {name} to i64") for name in (thread, threads))
        ends = [self.int_op("mul", count, one) for one in (thread, self.int_op("add", thread, 1))]
        first, last = (self.int_op("udiv", end, threads) for end in ends)
        return first, last

    def text(self) -> str:
        """The function and what it calls."""
        whole = [f"i64 @llvm.{name}.i64(i64, i64)" for name in _CALLED]
        threads = ("i32 @omp_get_thread_num()", "i32 @omp_get_num_threads()")
        declared = [f"declare {one}" for one in (*threads, *whole, f"{F32X16} {_FMA}({F32X16}, {F32X16}, {F32X16})")]
        return "\n".join(
            [*declared, "define void @compiled(ptr %given) {", *self._heads, *self._lines, "ret void", "}"]
        )

    def compile(self) -> int:
        """The address of the machine code."""
        import llvmlite.binding as llvm

        made: Any = llvm
        made.initialize_native_target()
        made.initialize_native_asmprinter()
        made.load_library_permanently(str(openmp()))
        module = made.parse_assembly(self.text())
        module.verify()
        cpu, features = made.get_host_cpu_name(), made.get_host_cpu_features().flatten()
        target = made.Target.from_default_triple().create_target_machine(cpu=cpu, features=features, opt=3)
        passes = made.create_pass_builder(target, made.create_pipeline_tuning_options(speed_level=1))
        passes.getModulePassManager().run(module, passes)
        engine = made.create_mcjit_compiler(module, target)
        engine.finalize_object()
        _ENGINES.append(engine)
        return engine.get_function_address("compiled")


LANES = 16
F32X16, _I32X16 = "<16 x float>", "<16 x i32>"
"""16 numbers of 32 bits: what a register holds."""
I16, I16X16 = "i16", "<16 x i16>"
"""A bfloat16 as it lies in memory, and 16 of them."""
ZERO = "zeroinitializer"
_BF16X16 = "<16 x bfloat>"
_FMA = "@llvm.fma.v16f32"


def bf16_to_f32(code: Assembly, bits: str) -> str:
    """16 bfloat16, which are the upper halves of float32."""
    wide = code.value(f"shl {_I32X16} {code.value(f'zext {I16X16} {bits} to {_I32X16}')}, splat (i32 16)")
    return code.value(f"bitcast {_I32X16} {wide} to {F32X16}")


def store_bf16(code: Assembly, value: str, address: str) -> None:
    """Writes 16 floats as bfloat16."""
    code.store(_BF16X16, code.value(f"fptrunc {F32X16} {value} to {_BF16X16}"), address, 2)


@contextmanager
def accumulators(code: Assembly, addresses: Sequence[str]) -> Generator[list[str]]:
    """Places for the floats that lie at these addresses; they go back there at the end."""
    places = [code.alloca(F32X16) for _ in addresses]
    for address, place in zip(addresses, places, strict=True):
        code.store(F32X16, code.load(F32X16, address, 4), place, 64)
    yield places
    for address, place in zip(addresses, places, strict=True):
        code.store(F32X16, code.load(F32X16, place, 64), address, 4)


def fma(code: Assembly, left: str, right: str, more: str) -> str:
    """left * right + more, 16 times in float32, rounded once."""
    return code.value(f"call {F32X16} {_FMA}({F32X16} {left}, {F32X16} {right}, {F32X16} {more})")
