"""A pair of axes in SVG: where a point stands, and the frame with ticks and labels around it."""

from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

import numpy as np

from .markup import Markup, element, joined
from .wording import tick_label

LEFT, RIGHT, TOP, BOTTOM = 58.0, 14.0, 10.0, 44.0


@dataclass(frozen=True)
class Axes:
    """Values from `x[0]` to `x[1]` across and `y[0]` to `y[1]` up, drawn `width` by `height` units large."""

    x: tuple[float, float]
    y: tuple[float, float]
    width: float = 440.0
    height: float = 300.0

    def across(self, values: np.ndarray) -> np.ndarray:
        """Horizontal places of values."""
        low, high = self.x
        return LEFT + (values - low) / (high - low) * (self.width - LEFT - RIGHT)

    def up(self, values: np.ndarray) -> np.ndarray:
        """Vertical places of values."""
        low, high = self.y
        return self.height - BOTTOM - (values - low) / (high - low) * (self.height - TOP - BOTTOM)

    def path(self, x: np.ndarray, y: np.ndarray) -> str:
        """The line through points, as the `d` of a path."""
        places = zip(self.across(x).tolist(), self.up(y).tolist(), strict=True)
        return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in places)

    def dots(self, x: np.ndarray, y: np.ndarray) -> str:
        """A dot at each point, as the `d` of a path that is drawn with round ends."""
        places = zip(self.across(x).tolist(), self.up(y).tolist(), strict=True)
        return "".join(f"M{a:.1f} {b:.1f}h0" for a, b in places)

    def picture(self, title: str, x_label: str, y_label: str, *inside: str) -> Markup:
        """The whole drawing, its title for those who cannot see it."""
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
            place = float(self.up(np.array(value)))
            parts.append(element("path", d=f"M{left:g} {place:.1f}H{right:g}", class_="grid"))
            parts.append(element("text", tick_label(value), x=left - 7, y=place + 4, class_="tick end"))
        for value in ticks(*self.x, 6):
            place = float(self.across(np.array(value)))
            parts.append(element("path", d=f"M{place:.1f} {top:g}V{bottom:g}", class_="grid"))
            parts.append(element("text", tick_label(value), x=place, y=bottom + 17, class_="tick middle"))
        return joined(*parts)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round values between `low` and `high`, about `most` of them.

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
    """The range that holds all finite values, with a little air; never empty."""
    known = np.concatenate([np.asarray(part, np.float64).ravel() for part in values] or [np.zeros(0)])
    known = known[np.isfinite(known)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    air = (high - low) * margin or abs(high) * 0.1 or 0.5
    found = low - air, high + air
    return found if all(map(isfinite, found)) else (0.0, 1.0)
