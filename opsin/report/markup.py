"""HTML and SVG elements as text in which all names and values are escaped."""

from html import escape


class Markup(str):
    """Text that is valid HTML; any other text is escaped when it enters an element or the page."""

    __slots__ = ()

    def __html__(self) -> "Markup":
        """Returns the text itself: the template does not escape it."""
        return self


def element(tag: str, *inside: str, **attributes: str | float | None) -> Markup:
    """Returns an element.

    Args:
        tag: Name of the element.
        inside: Its content; plain text is escaped.
        attributes: Its attributes. `_` stands for `-`, a trailing `_` is dropped, None leaves an attribute out.

    Examples:
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
    """Joins parts into one piece of HTML; plain text is escaped."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part) for part in parts))


def _value(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.6g}"
