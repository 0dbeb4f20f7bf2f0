"""Elements of HTML and SVG as text in which every name and value from outside is escaped."""

from html import escape


class Markup(str):
    """Text that is HTML already; every other text is escaped when it enters an element or the page."""

    __slots__ = ()

    def __html__(self) -> "Markup":
        """How a template asks whether to escape: this text stays as it is."""
        return self


def element(tag: str, *inside: str, **attributes: str | float | None) -> Markup:
    """An element; `_` stands for `-` in attribute names, a last `_` is dropped, None leaves an attribute out.

    >>> element("text", "a < b", x=1.25, text_anchor="end")
    '<text x="1.25" text-anchor="end">a &lt; b</text>'
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{tag}{written}>{joined(*inside)}</{tag}>")


def joined(*parts: str) -> Markup:
    """One piece of HTML from several; plain text is escaped."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part) for part in parts))


def _value(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.6g}"
