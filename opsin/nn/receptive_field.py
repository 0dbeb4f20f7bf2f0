"""Receptive fields of output positions, and their composition along a network."""

from dataclasses import dataclass
from math import gcd


@dataclass(frozen=True)
class ReceptiveField:
    """Kernel, strides and dilation along each spatial axis. Empty tuples denote the identity.

    Args:
        kernel: Kernel size per axis.
        strides: Step per axis, in input positions.
        dilation: Spacing of kernel elements per axis.
        upsampling: Upsampling factor per axis: output positions per input position. Default: 1.
    """

    kernel: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()
    dilation: tuple[int, ...] = ()
    upsampling: tuple[int, ...] = ()

    @property
    def extent(self) -> tuple[int, ...]:
        """Returns the length of the window along each axis, dilation included."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.kernel, self.dilation, strict=True))


IDENTITY = ReceptiveField()


def compose(first: ReceptiveField | None, second: ReceptiveField | None) -> ReceptiveField | None:
    """Returns the receptive field of two consecutive layers on the input of the first.

    Args:
        first: Receptive field of the first layer; None for the whole input.
        second: Receptive field of the second layer.

    Returns:
        The composed receptive field; None for the whole input.

    Examples:
        >>> compose(ReceptiveField((3,), (2,), (1,)), ReceptiveField((3,), (1,), (1,))).extent
        (7,)
    """
    if first is None or second is None:
        return None
    if not first.kernel or not second.kernel:
        return second if not first.kernel else first
    pairs = list(zip(_axes(first), _axes(second), strict=True))
    kernel = tuple(a + -(-(b - 1) * stride // upsampling) for (a, stride, upsampling), (b, _, _) in pairs)
    return _reduced(kernel, [(s * stride, g * upsampling) for (_, s, g), (_, stride, upsampling) in pairs])


def union(first: ReceptiveField | None, second: ReceptiveField | None) -> ReceptiveField | None:
    """Returns the smallest receptive field that covers those of two merged branches.

    Args:
        first: Receptive field of one branch; None for the whole input.
        second: Receptive field of the other branch.

    Returns:
        The union; None for the whole input.
    """
    if first is None or second is None:
        return None
    if not first.kernel or not second.kernel:
        return second if not first.kernel else first
    steps = [(stride, upsampling) for _, stride, upsampling in _axes(first)]
    return _reduced(tuple(map(max, first.extent, second.extent)), steps)


def _axes(window: ReceptiveField) -> list[tuple[int, int, int]]:
    upsampling = window.upsampling or (1,) * len(window.kernel)
    return list(zip(window.extent, window.strides, upsampling, strict=True))


def _reduced(kernel: tuple[int, ...], steps: list[tuple[int, int]]) -> ReceptiveField:
    """Returns a window whose step, strides / upsampling, is in lowest terms."""
    strides = tuple(stride // gcd(stride, upsampling) for stride, upsampling in steps)
    return ReceptiveField(
        kernel,
        strides,
        (1,) * len(kernel),
        tuple(upsampling // gcd(stride, upsampling) for stride, upsampling in steps),
    )
