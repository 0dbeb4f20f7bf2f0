from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from opsin.report.markup import Markup, element, joined

TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")))


class Reader(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


@settings(deadline=None)
@given(TEXT, TEXT)
def test_whatever_goes_in_is_read_back_as_text(inside, label):
    seen = Reader(element("text", inside, aria_label=label))
    assert seen.tags == [("text", {"aria-label": label})]
    assert seen.text == inside


def test_markup_is_not_escaped_again():
    assert joined(element("b", "<"), "<") == "<b>&lt;</b>&lt;"
    assert Markup("<i>").__html__() == "<i>"


def test_numbers_are_short_and_none_is_left_out():
    assert element("a", x=0.1 + 0.2, y=None, class_="c") == '<a x="0.3" class="c"></a>'
