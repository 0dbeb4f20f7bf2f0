import re
from html.parser import HTMLParser

import pytest

from opsin import zoo
from opsin.nn import Conv2D, Dense, Flatten, Sequential, Stage, summarize


class Cells(HTMLParser):
    """Parses the table rows of an HTML text, and the attributes of every tag."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.tags, self.open = [], [], []
        self.feed(text)
        assert not self.open, "every tag is closed"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag != "input":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


@pytest.mark.parametrize("name", ["simple", "resnet18"])
def test_html_table_matches_the_text(name):
    found = summarize(zoo.create(name, (64, 64, 3), 10, seed=0))
    lines = [line for line in found.text().splitlines() if re.match("[│┃]", line)]
    expected = [[cell.strip() for cell in re.split("[│┃]", line)[1:-1]] for line in lines]
    rows = [[cell.strip() for cell in row] for row in Cells(found.html()).rows]
    assert [row[:3] for row in rows[: len(lines)]] == expected
    assert rows[0] == list(found.titles(details=True))
    assert [row[1:] for row in rows[1 : len(lines)]] == [list(row.cells(details=True)) for row in found.rows]
    assert rows[len(lines) :] == [list(pair) for pair in found.totals(details=True)]


def test_details_are_toggled_by_a_checkbox():
    network = zoo.create("simple", (64, 64, 3), 10, seed=0)
    found = summarize(network)
    assert network._repr_html_() == found._repr_html_() == found.html()
    closed, open_ = (
        [attributes for tag, attributes in Cells(text).tags if tag == "input"]
        for text in (found.html(), found.html(details=True))
    )
    assert closed == [{"type": "checkbox"}]
    assert open_ == [{"type": "checkbox", "checked": None}]
    more = [attributes for tag, attributes in Cells(found.html()).tags if attributes.get("class") == "more"]
    assert len(more) == 4 * 8 + 2  # four columns of eight rows, and two totals


def test_names_are_escaped_and_no_resource_is_external():
    evil = "</td><script>alert(1)</script>&\"'".replace("/", "|")
    net = Sequential(
        [Stage([Conv2D(3, 1, name=evil)], name=evil), Flatten(), Dense(2)], input_shape=(4, 4, 3), seed=0, name=evil
    )
    text = net._repr_html_()
    cells = Cells(text)
    assert {tag for tag, _ in cells.tags} <= {"div", "style", "b", "i", "span", "label", "input", "table", "thead",
                                              "tbody", "tr", "th", "td"}  # fmt: skip
    assert cells.rows[1][0] == f"{evil} (Stage)"
    assert not re.search(r"https?:|url\(|@import|src=", text)
