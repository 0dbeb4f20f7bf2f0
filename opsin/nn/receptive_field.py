"""The window that one output position looks through, and how windows follow one another."""

from dataclasses import dataclass
from math import gcd


@dataclass(frozen=True)
class ReceptiveField:
    """Kernel, strides and dilation along each spatial axis; empty tuples mean its own position only.

    `growth` is how many output positions the layer makes of one input position, where it makes maps larger.
    """

    kernel: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()
    dilation: tuple[int, ...] = ()
    growth: tuple[int, ...] = ()

    @property
    def extent(self) -> tuple[int, ...]:
        """How far the window reaches along each axis, gaps of the dilation included."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.kernel, self.dilation, strict=True))


IDENTITY = ReceptiveField()


def compose(first: ReceptiveField | None, second: ReceptiveField | None) -> ReceptiveField | None:
    """The window of two layers in a row, onto the input of the first; None is the whole input.

    >>> compose(ReceptiveField((3,), (2,), (1,)), ReceptiveField((3,), (1,), (1,))).extent
    (7,)
    """
    if first is None or second is None:
        return None
    if not first.kernel or not second.kernel:
        return second if not first.kernel else first
    pairs = list(zip(_axes(first), _axes(second), strict=True))
    kernel = tuple(a + -(-(b - 1) * stride // growth) for (a, stride, growth), (b, _, _) in pairs)
    return _reduced(kernel, [(s * stride, g * growth) for (_, s, g), (_, stride, growth) in pairs])


def union(first: ReceptiveField | None, second: ReceptiveField | None) -> ReceptiveField | None:
    """The window that covers both, of two branches that meet."""
    if first is None or second is None:
        return None
    if not first.kernel or not second.kernel:
        return second if not first.kernel else first
    steps = [(stride, growth) for _, stride, growth in _axes(first)]
    return _reduced(tuple(map(max, first.extent, second.extent)), steps)


def _axes(window: ReceptiveField) -> list[tuple[int, int, int]]:
    growth = window.growth or (1,) * len(window.kernel)
    return list(zip(window.extent, window.strides, growth, strict=True))


def _reduced(kernel: tuple[int, ...], steps: list[tuple[int, int]]) -> ReceptiveField:
    """A window that moves by strides / growth, in lowest terms."""
    strides = tuple(stride // gcd(stride, growth) for stride, growth in steps)
    return ReceptiveField(
        kernel, strides, (1,) * len(kernel), tuple(growth // gcd(stride, growth) for stride, growth in steps)
    )
