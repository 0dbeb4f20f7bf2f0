import io

import pytest
from rich.console import Console
from rich.progress import Progress

from opsin.cli import progress
from opsin.cli.progress import Bars, Lines


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_lines_come_every_ten_seconds_with_the_time_left(clock, capsys):
    lines = Lines()
    for second in range(25):
        clock[0] = 100.0 + second
        lines("train", second, 100, "loss 0.5")
    assert capsys.readouterr().err.splitlines() == [
        "train 10%, 1 min 30 s left, loss 0.5",
        "train 20%, 1 min 20 s left, loss 0.5",
    ]


def test_a_stage_counts_its_own_time(clock, capsys):
    lines = Lines()
    lines("reading images", 0, 1)
    clock[0] += 60
    lines("train", 0.0, 1)
    clock[0] += 20
    lines("train", 0.5, 1)
    printed = capsys.readouterr().err.splitlines()
    assert printed == ["train 0%", "train 50%, 0 min 20 s left"]


def test_a_stage_that_is_left_and_come_back_to_keeps_its_time(clock, capsys):
    lines = Lines()
    lines("train", 0.0, 1)
    clock[0] += 20
    lines("validate", 1, 1)
    clock[0] += 20
    lines("train", 0.5, 1)
    assert capsys.readouterr().err.splitlines()[-1] == "train 50%, 0 min 40 s left"


def test_short_work_prints_nothing_but_what_is_said(clock, capsys):
    lines = Lines()
    lines("train", 1, 1)
    lines.say("ready")
    assert capsys.readouterr() == ("", "ready\n")


def test_bars_show_stage_share_and_note_and_keep_lines_whole():
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=100, highlight=False, markup=False, emoji=False)
    with Progress(console=console) as bar:
        bars = Bars(bar)
        bars("reading images", 1, 2)
        bars("train", 0.0, 1.0)
        bars("train", 0.25, 1.0, "loss [0.5]")
        bars.say("a path [with] :brackets: " + "x" * 150)
        assert [task.description for task in bar.tasks] == ["reading images", "train"]
        assert bar.tasks[1].percentage == 25
        assert bar.tasks[1].fields["note"] == "loss [0.5]"
    assert "a path [with] :brackets: " + "x" * 150 in stream.getvalue()


def test_without_a_terminal_lines_are_chosen(monkeypatch):
    with progress.reporting() as reporter:
        assert isinstance(reporter, Lines)
