"""A network summary as a self-contained HTML table for notebooks."""

from collections.abc import Sequence
from html import escape
from typing import Protocol

from opsin.core import Shape

# Text colours are inherited, and lines and shades are translucent: legible on light and on dark pages.
_STYLE = """
.opsin-summary{font:13px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;overflow-x:auto;\
max-width:100%}
.opsin-summary .head{display:flex;flex-wrap:wrap;gap:.3em 1.6em;align-items:baseline;margin:.2em 0 .5em}
.opsin-summary .head b{font-size:15px}
.opsin-summary label{cursor:pointer;white-space:nowrap}
.opsin-summary input{margin:0 .4em 0 0;vertical-align:-1px}
.opsin-summary table{border-collapse:collapse;border:0;margin:0;font:inherit;color:inherit}
.opsin-summary table th,.opsin-summary table td{text-align:right;padding:.22em .9em;white-space:nowrap;border:0;\
border-bottom:1px solid rgba(128,128,128,.3);font-variant-numeric:tabular-nums}
.opsin-summary table th{font-weight:600;border-bottom:2px solid rgba(128,128,128,.65);vertical-align:bottom}
.opsin-summary table th:nth-child(-n+2),.opsin-summary table td:nth-child(-n+2){text-align:left}
.opsin-summary table tr.composite td{background:rgba(128,128,128,.13)}
.opsin-summary i{font-style:normal;opacity:.7}
.opsin-summary table.totals{margin:.6em 0 .2em}
.opsin-summary table.totals td{border:0;padding:.08em .9em}
@supports selector(:has(*)){.opsin-summary:not(:has(input:checked)) .more{display:none}}
"""


class TableRow(Protocol):
    """Row of a layer in the HTML summary."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def depth(self) -> int: ...
    @property
    def is_composite(self) -> bool: ...
    def cells(self, details: bool = False) -> tuple[str, ...]: ...


class SummaryTable(Protocol):
    """Attributes of a summary that the page shows."""

    @property
    def name(self) -> str: ...
    @property
    def input_shape(self) -> Shape: ...
    @property
    def rows(self) -> Sequence[TableRow]: ...
    def titles(self, details: bool = False) -> tuple[str, ...]: ...
    def totals(self, details: bool = False) -> Sequence[tuple[str, str]]: ...


def summary_html(summary: SummaryTable, details: bool = False) -> str:
    """Renders a summary as an HTML table with a checkbox that shows the detail columns.

    On sites that remove styles, all columns are shown.

    Args:
        summary: The summary.
        details: Initial state of the checkbox.

    Returns:
        An HTML fragment with its style.
    """
    titles = "".join(_cell("th", title, index >= 3) for index, title in enumerate(summary.titles(details=True)))
    sums = "".join(_total(title, value, title in _MORE) for title, value in summary.totals(details=True))
    shape = ", ".join(map(str, ("None", *summary.input_shape)))
    return (
        f'<div class="opsin-summary"><style>{_STYLE}</style><div class="head"><b>Model: "{escape(summary.name)}"</b>'
        f'<span>input ({shape})</span><label><input type="checkbox"{" checked" * details}>receptive field, '
        f"cost, memory</label></div><table><thead><tr>{titles}</tr></thead><tbody>{''.join(map(_row, summary.rows))}"
        f'</tbody></table><table class="totals"><tbody>{sums}</tbody></table></div>'
    )


_MORE = ("Multiply-adds", "Memory of all outputs, one input")


def _row(row: TableRow) -> str:
    indent = f' style="padding-left:{0.9 + 1.3 * row.depth:g}em"'
    name = f"{'└ ' * bool(row.depth)}{escape(row.name)} <i>({escape(row.kind)})</i>"
    cells = "".join(_cell("td", text, index >= 2) for index, text in enumerate(row.cells(details=True)))
    kind = ' class="composite"' if row.is_composite else ""
    return f'<tr{kind} title="{escape(row.path)}"><td{indent}>{name}</td>{cells}</tr>'


def _cell(tag: str, text: str, more: bool) -> str:
    return f"<{tag}{_class(more)}>{escape(text)}</{tag}>"


def _total(title: str, value: str, more: bool) -> str:
    return f"<tr{_class(more)}><td>{escape(title)}</td><td>{escape(value)}</td></tr>"


def _class(more: bool) -> str:
    return ' class="more"' if more else ""
