import pytest

from opsin.cli.prediction_table import print_counts, print_predictions

LONG = "a name that somebody wrote as a folder " * 3


def row(path, error=None, **values):
    return {"path": path, **values, "error": error}


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ([row(f"/d/{'x' * 90}/{i}.png", label=LONG, confidence=0.9, p_a=0.1) for i in range(30)], [LONG, "b"]),
        ([row(f"{i}.png", count=3, **{f"count_{n}": n for n in range(40)}, boxes=[]) for i in range(3)], range(40)),
        ([row(f"{i}.mp4", frame=i, time=i / 25, height=1.25, weight=1e6) for i in range(3)], ["height", "weight"]),
        ([row("a.png", "is empty", label=None, confidence=None)] * 9, ["a"]),
    ],
)
def test_tables_fit_80_columns_without_colour(rows, names, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    print_predictions(rows)
    print_counts(rows, [str(name) for name in names], stderr=False)
    printed = capsys.readouterr().out
    assert printed and max(map(len, printed.splitlines())) <= 80 and "\x1b" not in printed


def test_many_classes_are_counted_from_the_most_frequent(capsys):
    rows = [row(f"{i}.png", label=f"c{i % 40 if i < 40 else 7}", confidence=0.5) for i in range(60)]
    print_counts(rows, [f"c{i}" for i in range(40)], stderr=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[3].split() == ["c7", "21", "50.0%"] and lines[-1] == "and 20 more"


def test_errors_stand_below_the_table(capsys):
    print_predictions([row("a.png", label="cat", confidence=0.5), row("b.png", "is empty", label=None)])
    assert capsys.readouterr().out.splitlines()[-1] == "b.png: is empty"
