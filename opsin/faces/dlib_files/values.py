"""Primitive values of dlib's serialization: integers, floats, strings and tensors, each bounded by the file."""

import re

import numpy as np

from opsin.core import ModelFileError

MAX_TEXT = 64
MAX_EXPONENT = 1000
"""Exponents beyond this stand for infinity and not-a-number, which no weights hold."""
_TOKEN = re.compile(
    b"|".join(
        f"[\\x{length:02x}\\x{length | 128:02x}]".encode() + b"." * length for length in (1, 3, 2, 4, 5, 6, 7, 8)
    ),
    re.DOTALL,
)


class ValueReader:
    """Reads values one after the other.

    Args:
        content: Bytes of the file.
        name: Name of the file, for messages.
    """

    def __init__(self, content: bytes, name: str) -> None:
        self.content = content
        self.name = name
        self.position = 0

    def fail(self, problem: str) -> ModelFileError:
        """Returns the error for a damaged file; the caller raises it."""
        return ModelFileError(
            f"{self.name} is damaged at byte {self.position:,}: {problem}. Fix: install the package of the file again."
        )

    def bytes(self, count: int) -> bytes:
        """Returns the next bytes; raises ModelFileError at the end of the file."""
        if not 0 <= count <= len(self.content) - self.position:
            raise self.fail(f"{count:,} bytes expected, {len(self.content) - self.position:,} left")
        self.position += count
        return self.content[self.position - count : self.position]

    def integer(self, low: int = -(2**63), high: int = 2**63) -> int:
        """Returns an integer: a byte with the length and the sign, then little-endian bytes.

        Args:
            low: Smallest value that is valid here.
            high: Largest value that is valid here.

        Raises:
            ModelFileError: The value is out of range or cut short.
        """
        head = self.bytes(1)[0]
        length = head & 15
        if head & 0x70 or not 1 <= length <= 8:
            raise self.fail(f"byte {head:#x} begins no integer")
        value = int.from_bytes(self.bytes(length), "little")
        value = -value if head & 0x80 else value
        if not low <= value <= high:
            raise self.fail(f"{value} is not between {low} and {high}")
        return value

    def expect(self, *values: int) -> None:
        """Reads integers that must have these values."""
        for value in values:
            self.integer(value, value)

    def real(self) -> float:
        """Returns a float: an integer mantissa and an integer exponent of 2."""
        mantissa = self.integer()
        return float(mantissa) * 2.0 ** self.integer(-MAX_EXPONENT, MAX_EXPONENT // 2)

    def text(self) -> str:
        """Returns a string of at most MAX_TEXT ASCII characters."""
        found = self.bytes(self.integer(0, MAX_TEXT))
        if not found.isascii():
            raise self.fail("a string is not ASCII")
        return found.decode("ascii")

    def boolean(self) -> bool:
        """Returns a boolean, stored as the digit 0 or 1."""
        found = self.bytes(1)
        if found not in (b"0", b"1"):
            raise self.fail(f"{found!r} is no boolean")
        return found == b"1"

    def tensor(self) -> np.ndarray:
        """Returns a tensor as float32 (samples, channels, rows, columns)."""
        self.expect(2)
        shape = [self.integer(0, 2**31) for _ in range(4)]
        count = shape[0] * shape[1] * shape[2] * shape[3]
        return np.frombuffer(self.bytes(4 * count), "<f4").reshape(shape)


def all_integers(content: bytes, name: str) -> np.ndarray:
    """Returns the values of a file that holds nothing but integers; floats are two of them.

    Args:
        content: Bytes of the file.
        name: Name of the file, for messages.

    Returns:
        int64 (values,).

    Raises:
        ModelFileError: A byte belongs to no integer.
    """
    lengths = np.fromiter(map(len, _TOKEN.findall(content)), np.int64)
    starts = np.cumsum(lengths) - lengths
    raw = np.frombuffer(content + bytes(8), np.uint8)
    contiguous = int(lengths.sum()) == len(content) and bool(((raw[starts] & 15) == lengths - 1).all())
    if not contiguous:  # the search skips bytes that begin no integer
        raise ModelFileError(f"{name} is damaged: it holds other values. Fix: install the package of the file again.")
    values = np.zeros(len(lengths), np.uint64)
    for place in range(1, int(lengths.max(initial=0))):
        rows = lengths > place
        values[rows] |= raw[starts[rows] + place].astype(np.uint64) << np.uint64(8 * (place - 1))
    signed = values.astype(np.int64)
    signed[raw[starts] & 0x80 > 0] *= -1
    return signed


def reals(integers: np.ndarray) -> np.ndarray:
    """Returns floats from pairs of mantissa and exponent.

    Args:
        integers: int64 (..., 2).

    Returns:
        float32 (...).
    """
    exponents = np.clip(integers[..., 1], -MAX_EXPONENT, MAX_EXPONENT)
    return np.ldexp(integers[..., 0].astype(np.float64), exponents.astype(np.int32)).astype(np.float32)
