"""A pair of axes in SVG: coordinates of points, ticks, grid and labels."""

from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

import numpy as np

from .markup import Markup, element, joined
from .wording import tick_label

LEFT, RIGHT, TOP, BOTTOM = 58.0, 14.0, 10.0, 44.0


@dataclass(frozen=True)
class Axes:
    """Linear axes from `x[0]` to `x[1]` and from `y[0]` to `y[1]`, drawn `width` by `height` SVG units large."""

    x: tuple[float, float]
    y: tuple[float, float]
    width: float = 440.0
    height: float = 300.0

    def across(self, values: np.ndarray) -> np.ndarray:
        """Returns the horizontal SVG coordinates of values."""
        low, high = self.x
        return LEFT + (values - low) / (high - low) * (self.width - LEFT - RIGHT)

    def up(self, values: np.ndarray) -> np.ndarray:
        """Returns the vertical SVG coordinates of values."""
        low, high = self.y
        return self.height - BOTTOM - (values - low) / (high - low) * (self.height - TOP - BOTTOM)

    def path(self, x: np.ndarray, y: np.ndarray) -> str:
        """Returns the line through points as the `d` attribute of a path."""
        points = zip(self.across(x).tolist(), self.up(y).tolist(), strict=True)
        return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in points)

    def dots(self, x: np.ndarray, y: np.ndarray) -> str:
        """Returns a dot at each point as the `d` attribute of a path with round line caps."""
        points = zip(self.across(x).tolist(), self.up(y).tolist(), strict=True)
        return "".join(f"M{a:.1f} {b:.1f}h0" for a, b in points)

    def picture(self, title: str, x_label: str, y_label: str, *inside: str) -> Markup:
        """Returns the SVG element with the axes and the elements `inside` them; `title` is read by screen readers."""
        return element(
            "svg",
            self._grid(),
            *inside,
            element("text", x_label, x=(LEFT + self.width - RIGHT) / 2, y=self.height - 8, class_="label middle"),
            element(
                "text",
                y_label,
                transform=f"translate(13 {(TOP + self.height - BOTTOM) / 2:g}) rotate(-90)",
                class_="label middle",
            ),
            viewBox=f"0 0 {self.width:g} {self.height:g}",
            role="img",
            aria_label=title,
            class_="chart",
        )

    def _grid(self) -> Markup:
        left, right, top, bottom = LEFT, self.width - RIGHT, TOP, self.height - BOTTOM
        parts = [element("path", d=f"M{left:g} {bottom:g}H{right:g}", class_="axis")]
        for value in ticks(*self.y, 5):
            y = float(self.up(np.array(value)))
            parts.append(element("path", d=f"M{left:g} {y:.1f}H{right:g}", class_="grid"))
            parts.append(element("text", tick_label(value), x=left - 7, y=y + 4, class_="tick end"))
        for value in ticks(*self.x, 6):
            x = float(self.across(np.array(value)))
            parts.append(element("path", d=f"M{x:.1f} {top:g}V{bottom:g}", class_="grid"))
            parts.append(element("text", tick_label(value), x=x, y=bottom + 17, class_="tick middle"))
        return joined(*parts)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Returns about `most` round values that cover the range from `low` to `high`.

    Examples:
        >>> ticks(0.0, 1.0, 5)
        [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    rough = (high - low) / most
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    digits = max(0, 2 - floor(log10(step)))
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [round(number * step, digits) + 0.0 for number in range(first, last + 1)]


def span(*values: np.ndarray, margin: float = 0.04) -> tuple[float, float]:
    """Returns the range of all finite values, widened by `margin` of its length at both ends; never empty."""
    known = np.concatenate([np.asarray(part, np.float64).ravel() for part in values] or [np.zeros(0)])
    known = known[np.isfinite(known)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    padding = (high - low) * margin or abs(high) * 0.1 or 0.5
    limits = low - padding, high + padding
    return limits if all(map(isfinite, limits)) else (0.0, 1.0)
