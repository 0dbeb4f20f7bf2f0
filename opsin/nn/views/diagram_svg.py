"""A network diagram as one self-contained SVG, legible on a phone and on a desktop."""

import re
from dataclasses import dataclass, field
from html import escape
from math import log2

from opsin.core import Shape

from ..layer import Layered, shape_text
from .diagram import Block, Group, Node, diagram_nodes

_BRANCH_TITLE = "parallel branch, same input:"
_TIMES = "\u00d7"
_MARGIN, _CELL, _GAP, _INSET, _BOX, _LINE, _LETTER = 8, 108, 10, 9, 58, 14, 6
_COLOURS = (
    ("Input", "#64748b"),
    ("Global", "#0d9488"),
    ("Pool", "#d97706"),
    ("Conv", "#2563eb"),
    ("Dense", "#7c3aed"),
    ("Flatten", "#0d9488"),
    ("Norm", "#be185d"),
)
_STYLE = (
    "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;fill:#0f172a}"
    ".t{font-size:11.5px;font-weight:600}.s{font-size:11.5px}.p{font-size:10.5px;fill:#475569}"
    ".g{font-size:12px;font-weight:600;fill:#334155}"
    "@media(prefers-color-scheme:dark){text{fill:#e8eaed}.p{fill:#a3acb7}.g{fill:#cbd5e1}"
    ".back{fill:#1a2027}.frame{fill:#28313b;stroke:#475569}}"
)


@dataclass
class _Canvas:
    """SVG elements drawn so far, and the size of the input, to which all boxes are scaled."""

    largest: int
    parts: list[str] = field(default_factory=list[str])

    def text(self, x: float, y: float, words: str, kind: str, anchor: str = "middle") -> None:
        self.parts.append(f'<text x="{x:g}" y="{y:g}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>')

    def line(self, path: str, colour: str = "#94a3b8", dash: str = "", width: float = 1.5) -> None:
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dashes}/>')

    def face(self, points: list[tuple[float, float]], colour: str, opacity: float) -> None:
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(
            f'<polygon points="{corners}" fill="{colour}" fill-opacity="{opacity}" stroke="{colour}" '
            'stroke-width="1" stroke-linejoin="round"/>'
        )


def diagram_svg(network: Layered, width: int = 480) -> str:
    """Draws a network as an SVG: layers from left to right in lines, each with its output shape.

    Boxes are as high and wide as the feature maps and as deep as the channels. Composite layers are framed, and
    repeated blocks are drawn once.

    The SVG has a viewBox but no size: it scales to the width of its container.

    Args:
        network: The network.
        width: Line width in SVG units: 480 holds four layers and is legible on a phone, 960 holds eight.

    Returns:
        The SVG document.

    Examples:
        >>> from opsin.nn import Dense, Sequential
        >>> diagram_svg(Sequential([Dense(2)], input_shape=(3,), seed=0)).startswith("<svg ")
        True
    """
    shape = network.input_shape
    start = Block(name="input", kind="Input", window="", shape=shape, parameters=0)
    canvas = _Canvas(largest=max(shape[:-1], default=1))
    nodes = (start, *diagram_nodes(network.layers, shape))
    height = _draw_chain(canvas, nodes, _MARGIN, _MARGIN, width - 2 * _MARGIN) + _MARGIN
    label = escape(f"{network.name}: {shape_text(shape)} to {shape_text(network.output_shape)}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:g}" role="img" aria-label="{label}" '
        f'style="display:block;width:100%;max-width:{width * 19 // 12}px;height:auto"><style>{_STYLE}</style>'
        f'<rect width="{width}" height="{height:g}" rx="10" fill="#ffffff" class="back"/>{"".join(canvas.parts)}</svg>'
    )


def _draw_chain(canvas: _Canvas, nodes: tuple[Node, ...], left: float, top: float, width: float) -> float:
    """Draws nodes in lines of at most `width`, and returns the y coordinate below the last line."""
    lines: list[list[Node]] = [[]]
    used = 0.0
    for node in nodes:
        needed = _width(node, width)
        if lines[-1] and used + _GAP + needed > width:
            lines.append([])
            used = 0.0
        used += needed + (_GAP if lines[-1] else 0)
        lines[-1].append(node)
    first = True
    for line in lines:
        x, height = left, max(_height(node, width) for node in line)
        for node in line:
            needed = _width(node, width)
            middle = top + _BOX / 2 if isinstance(node, Block) else top + height / 2
            if not first:
                centre = x - _GAP / 2 - 1 if x > left else left - 3
                if x == left and not isinstance(node, Block):
                    middle = top + 13  # at the height of its name, since nested frames share their vertical centre
                canvas.line(f"M{centre - 2:g} {middle - 4:g}l4 4l-4 4")
            (_draw_block(canvas, node, x, top) if isinstance(node, Block) else _draw_group(canvas, node, x, top, width))
            x += needed + _GAP
            first = False
        top += height + _GAP
    return top - _GAP


def _width(node: Node, available: float) -> float:
    if isinstance(node, Block):
        return _CELL
    inner = available - 2 * _INSET
    rows = [sum(_width(part, inner) for part in row) + _GAP * max(len(row) - 1, 0) for row in node.rows]
    letters = max(len(node.merge_text), len(_BRANCH_TITLE) if len(node.rows) > 1 else 0)
    needed = min(max(*rows, _CELL, _LETTER * letters), max(inner, _CELL)) + 2 * _INSET
    return available if needed > 0.6 * available else needed


def _height(node: Node, available: float) -> float:
    if isinstance(node, Block):
        return _BOX + _LINE * len(_block_lines(node)) + 2
    # The height of a group results from drawing it, here on a temporary canvas.
    return _draw_group(_Canvas(largest=1), node, 0, 0, available)


def _draw_group(canvas: _Canvas, group: Group, left: float, top: float, available: float) -> float:
    """Draws a frame with its rows, and returns the y coordinate of its lower edge."""
    width = _width(group, available)
    slot = len(canvas.parts)
    x, y, inner = left + _INSET, top + 18, width - 2 * _INSET
    name = group.name if not group.last_name else f"{group.name} … {group.last_name}"
    canvas.text(x, y - 3, name + (f"  {_TIMES}{group.count}" if group.count > 1 else ""), "g", "start")
    for index, row in enumerate(group.rows):
        if index:
            y += 20
            canvas.line(f"M{x:g} {y - 13:g}H{x + inner:g}", dash="4 3")
            canvas.text(x, y, _BRANCH_TITLE, "p", "start")
        y = _draw_chain(canvas, row, x, y + 6, inner)
    if group.merge_text:
        y += 18
        canvas.line(f"M{x:g} {y - 13:g}H{x + inner:g}", dash="4 3")
        canvas.text(x, y, re.sub(r"(?<=\d)x(?=\d)", _TIMES, group.merge_text), "p", "start")
    if group.followers:
        y += _LINE
        canvas.text(x, y, f"then {' · '.join(group.followers)}", "p", "start")
    bottom = y + 8
    canvas.parts.insert(
        slot,
        f'<rect x="{left:g}" y="{top:g}" width="{width:g}" height="{bottom - top:g}" rx="8" fill="#f1f5f9" '
        f'fill-opacity="0.75" stroke="#cbd5e1" class="frame"/>',
    )
    return bottom


def _draw_block(canvas: _Canvas, block: Block, left: float, top: float) -> None:
    colour = next((colour for word, colour in _COLOURS if word in block.kind), "#475569")
    canvas.parts.append(f"<g><title>{escape(f'{block.name}: {block.kind}, {block.parameters:,} parameters')}</title>")
    _draw_box(canvas, block.shape, left + _CELL / 2, top + _BOX / 2, colour)
    for index, (words, kind) in enumerate(_block_lines(block)):
        canvas.text(left + _CELL / 2, top + _BOX + 11 + _LINE * index, words, kind)
    canvas.parts.append("</g>")


def _draw_box(canvas: _Canvas, shape: Shape, x: float, y: float, colour: str) -> None:
    """Draws a box: height and width by the square root of the map's size, depth by the number of channels."""
    if len(shape) == 1:
        high, wide, deep = 12 + 4.2 * log2(shape[0] + 1), 7.0, 3.0
        high = min(high, _BOX - 8)
    else:
        *_, high, wide = (7 + 25 * min(size / canvas.largest, 1) ** 0.5 for size in (0, *shape[:-1]))
        deep = 2.1 * log2(shape[-1] + 1)
    a, b = x - (wide + deep) / 2, y - (high - deep * 0.6) / 2
    c, d = a + wide, b + high
    up, right = deep * 0.6, deep
    canvas.face([(a, b), (c, b), (c, d), (a, d)], colour, 0.55)
    canvas.face([(a, b), (a + right, b - up), (c + right, b - up), (c, b)], colour, 0.25)
    canvas.face([(c, b), (c + right, b - up), (c + right, d - up), (c, d)], colour, 0.8)


def _block_lines(block: Block) -> list[tuple[str, str]]:
    title = block.kind + (f" {_TIMES}{block.count}" if block.count > 1 else "")
    lines = [(words, "t") for words in _wrapped(title, 15)]
    lines += [(block.window.replace("x", _TIMES), "s")] if block.window else []
    lines.append((shape_text(block.shape).replace("x", _TIMES), "s"))
    if block.parameters:
        lines.append((f"{block.parameters:,} params", "p"))
    lines += [(words, "p") for words in _wrapped(" · ".join(block.followers), 19)] if block.followers else []
    return lines


def _wrapped(words: str, max_length: int) -> list[str]:
    """Breaks text into lines of at most `max_length` characters, at spaces and before capitals."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(words):
        if line and len(line.rstrip() + piece) > max_length:
            lines.append(line.strip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line.strip()]


def _pieces(words: str) -> list[str]:
    pieces = [""]
    for before, letter in zip(" " + words, words, strict=False):
        if letter == " " or (letter.isupper() and before.islower()):
            pieces.append("")
        pieces[-1] += letter
    return [piece for piece in pieces if piece]
