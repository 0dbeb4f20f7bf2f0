"""Progress in a cell: updates, own callbacks, and functions that run outside notebooks."""

import pytest

from opsin.core import notebook
from opsin.core.notebook import CellProgress, in_notebook, show_in_notebook


def verb(data, *, progress=print, say=print):
    """Documented."""
    return data, progress, say


def test_outside_a_notebook_nothing_changes():
    shown = show_in_notebook(verb)
    assert not in_notebook()
    assert shown(1) == verb(1)
    assert (shown.__name__, shown.__doc__) == ("verb", "Documented.")


def test_callbacks_of_the_caller_are_kept(monkeypatch):
    monkeypatch.setattr(notebook, "in_notebook", lambda: True)
    _, progress, say = show_in_notebook(verb)(1, progress=len)
    assert progress is len and isinstance(say.__self__, CellProgress)
    with pytest.raises(TypeError, match="unexpected"):
        show_in_notebook(verb)(1, other=2)


def test_a_positional_callback_is_not_replaced(monkeypatch):
    monkeypatch.setattr(notebook, "in_notebook", lambda: True)
    assert show_in_notebook(lambda data, progress=print: progress)(1, len) is len


def test_text_names_share_time_and_note(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(notebook.time, "monotonic", lambda: now[0])
    cell = CellProgress()
    cell._shown_at = 1e9  # nothing to show it in
    cell("train", 0, 10)
    now[0] = 30.0
    cell("train", 2, 10, "loss <1>")
    assert cell.text() == "train 20%, 2 min 00 s left, loss <1>"
    assert "loss &lt;1&gt;" in cell.html() and "loss <1>" not in cell.html()
    now[0] = 150.0
    cell("train", 10, 10)
    cell.lines.append("<b>done")
    assert cell.text() == "train 100% in 2 min 30 s\n<b>done"
    assert "&lt;b&gt;done" in cell.html()
    cell("empty", 0, 0)
    assert "empty 100%" in cell.text()
