"""Builds functions in LLVM IR and compiles them for this processor.

For the few loops whose speed depends on the use of registers. llvmlite (https://llvmlite.readthedocs.io,
`pip install '.[fast]'`) compiles them in some hundredths of a second; `opsin.kernels.openmp.run` runs them. The
language: https://llvm.org/docs/LangRef.html.
"""

import itertools
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from .openmp import openmp

_LLVM = 20
"""First LLVM version with all instructions that are used here."""
_CALLED = ("umin", "smax")
_ENGINES: list[Any] = []
"""Compilers of the native kernels, kept because compiled code is freed with its compiler."""


@cache
def has_assembler() -> bool:
    """Returns True if LLVM IR can be compiled here and run in torch's threads."""
    if openmp() is None:
        return False
    try:
        import llvmlite.binding as llvm
    except ImportError:
        return False
    return llvm.llvm_version_info[0] >= _LLVM


@cache
def has_avx512_bf16() -> bool:
    """Returns True if native kernels can use AVX512_BF16, which rounds 16 values to bfloat16 at once."""
    if not has_assembler():
        return False
    import llvmlite.binding as llvm

    features: Any = llvm.get_host_cpu_features()
    return bool(features.get("avx512bf16") and features.get("avx512bw"))


class Assembly:
    """Builder of one function for `opsin.kernels.openmp.run`, whose last argument is an array of int64 sizes.

    Most methods append instructions and return the name of their result. Values that change live in local variables
    (`alloca`), which become registers.

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
        """Appends an instruction without a result."""
        self._lines.append(instruction)

    def value(self, instruction: str) -> str:
        """Appends an instruction and returns the name of its result."""
        name = f"%v{next(self._numbers)}"
        self.emit(f"{name} = {instruction}")
        return name

    def alloca(self, kind: str) -> str:
        """Returns the address of a new local variable."""
        name = f"%p{next(self._numbers)}"
        self._heads.append(f"{name} = alloca {kind}")
        return name

    def load(self, kind: str, address: str, align: int = 8) -> str:
        """Loads a value from an address."""
        return self.value(f"load {kind}, ptr {address}, align {align}")

    def store(self, kind: str, value: str, address: str, align: int = 8) -> None:
        """Stores a value at an address."""
        self.emit(f"store {kind} {value}, ptr {address}, align {align}")

    def gep(self, base: str, kind: str, number: str) -> str:
        """Returns the address of the value with an index in an array that starts at `base`."""
        return self.value(f"getelementptr {kind}, ptr {base}, i64 {number}")

    def int_op(self, operation: str, left: str, right: str | int) -> str:
        """Applies an operation to two int64: add, sub, mul, udiv, urem, umin (unsigned) or smax (signed)."""
        if operation in _CALLED:
            return self.value(f"call i64 @llvm.{operation}.i64(i64 {left}, i64 {right})")
        return self.value(f"{operation} i64 {left}, {right}")

    @contextmanager
    def loop(self, first: str, last: str, step: int = 1) -> Generator[str]:
        """Repeats the instructions of the `with` block for each index from `first` up to but not including `last`."""
        variable, label = self.alloca("i64"), next(self._numbers)
        self.store("i64", first, variable)
        self.emit(f"br label %test{label}\ntest{label}:")
        number = self.load("i64", variable)
        more = self.value(f"icmp ult i64 {number}, {last}")
        self.emit(f"br i1 {more}, label %inside{label}, label %after{label}\ninside{label}:")
        yield number
        self.store("i64", self.int_op("add", number, step), variable)
        self.emit(f"br label %test{label}\nafter{label}:")

    def thread_range(self, count: str) -> tuple[str, str]:
        """Returns this thread's range of `count` items: the first, and the one after the last."""
        thread, threads = (self.value(f"call i32 @omp_get_{name}()") for name in ("thread_num", "num_threads"))
        thread, threads = (self.value(f"zext i32 {name} to i64") for name in (thread, threads))
        ends = [self.int_op("mul", count, one) for one in (thread, self.int_op("add", thread, 1))]
        first, last = (self.int_op("udiv", end, threads) for end in ends)
        return first, last

    def text(self) -> str:
        """Returns the LLVM IR of the function, with declarations of the functions that it calls."""
        whole = [f"i64 @llvm.{name}.i64(i64, i64)" for name in _CALLED]
        threads = ("i32 @omp_get_thread_num()", "i32 @omp_get_num_threads()")
        declared = [f"declare {one}" for one in (*threads, *whole, f"{F32X16} {_FMA}({F32X16}, {F32X16}, {F32X16})")]
        return "\n".join(
            [*declared, "define void @compiled(ptr %given) {", *self._heads, *self._lines, "ret void", "}"]
        )

    def compile(self) -> int:
        """Compiles the function and returns its address."""
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
"""16 values of 32 bits, the size of a register."""
I16, I16X16 = "i16", "<16 x i16>"
"""The bits of one bfloat16 in memory, and of 16."""
ZERO = "zeroinitializer"
_BF16X16 = "<16 x bfloat>"
_FMA = "@llvm.fma.v16f32"


def bf16_to_f32(code: Assembly, bits: str) -> str:
    """Converts the bits of 16 bfloat16, the upper halves of float32, to float32."""
    wide = code.value(f"shl {_I32X16} {code.value(f'zext {I16X16} {bits} to {_I32X16}')}, splat (i32 16)")
    return code.value(f"bitcast {_I32X16} {wide} to {F32X16}")


def store_bf16(code: Assembly, value: str, address: str) -> None:
    """Stores 16 float32 as bfloat16, rounded."""
    code.store(_BF16X16, code.value(f"fptrunc {F32X16} {value} to {_BF16X16}"), address, 2)


@contextmanager
def accumulators(code: Assembly, addresses: Sequence[str]) -> Generator[list[str]]:
    """Loads 16 float32 from each address into local variables, and stores them back at the end of the block."""
    variables = [code.alloca(F32X16) for _ in addresses]
    for address, variable in zip(addresses, variables, strict=True):
        code.store(F32X16, code.load(F32X16, address, 4), variable, 64)
    yield variables
    for address, variable in zip(addresses, variables, strict=True):
        code.store(F32X16, code.load(F32X16, variable, 64), address, 4)


def fma(code: Assembly, left: str, right: str, more: str) -> str:
    """Returns left * right + more for 16 float32, rounded once."""
    return code.value(f"call {F32X16} {_FMA}({F32X16} {left}, {F32X16} {right}, {F32X16} {more})")
