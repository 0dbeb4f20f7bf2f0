"""A small self-contained HTML card: how results show themselves in notebooks."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from urllib.parse import quote

# Text colours are inherited, and lines are translucent: legible on light and on dark pages.
_STYLE = """
.opsin-card{font:13px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;max-width:100%;\
max-height:32em;overflow:auto}
.opsin-card b{font-size:15px}
.opsin-card p{margin:.25em 0;max-width:60em;overflow-wrap:anywhere}
.opsin-card table{border-collapse:collapse;border:0;margin:.4em 0;font:inherit;color:inherit}
.opsin-card table th,.opsin-card table td{text-align:right;padding:.22em .9em;border:0;background:none;color:inherit;\
border-bottom:1px solid rgba(128,128,128,.3);font-variant-numeric:tabular-nums}
.opsin-card table th{font-weight:600;border-bottom:2px solid rgba(128,128,128,.65)}
.opsin-card table th:first-child,.opsin-card table td:first-child{text-align:left}
.opsin-card a{color:inherit;text-decoration:underline}
.opsin-card code{font:12px/1.45 ui-monospace,Menlo,Consolas,monospace;background:rgba(128,128,128,.15);color:inherit;\
padding:.1em .4em}
"""


def card(
    title: str,
    sentences: Iterable[str] = (),
    table: Iterable[Sequence[str]] = (),
    links: Mapping[str, str] | None = None,
    code: str = "",
) -> str:
    """Renders a result as an HTML fragment of one screen. All text is escaped.

    Args:
        title: Heading.
        sentences: Paragraphs below the heading; empty ones are left out.
        table: Rows of cells; the first row holds the column titles.
        links: Paths of files by their titles.
        code: Next statement to type.

    Returns:
        The fragment, with its style.

    Examples:
        >>> card("<b>", ["one"], [("score", "value"), ("mae", "3")]).partition("</style>")[2]
        '<b>&lt;b&gt;</b><p>one</p><table><tr><th>score</th><th>value</th></tr><tr><td>mae</td><td>3</td></tr></table></div>'
    """
    parts = [f"<b>{escape(title)}</b>", *(f"<p>{escape(line)}</p>" for line in sentences if line)]
    rows = [_row("td" if number else "th", cells) for number, cells in enumerate(table)]
    if rows:
        parts.append(f"<table>{''.join(rows)}</table>")
    if links:
        paths = (f'{escape(name)} <a href="{quote(path)}">{escape(path)}</a>' for name, path in links.items())
        parts.append(f"<p>{'<br>'.join(paths)}</p>")
    if code:
        parts.append(f"<p><code>{escape(code)}</code></p>")
    return f'<div class="opsin-card"><style>{_STYLE}</style>{"".join(parts)}</div>'


def _row(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"
