"""`opsin explain` prints what was measured at 80 columns and names the page."""

import json

import pytest


@pytest.fixture
def photo(squares):
    return next(iter(sorted(squares.rglob("*.png"))))


def test_findings_are_printed_and_the_page_is_named(opsin, model_file, photo, tmp_path):
    ended = opsin("explain", model_file, photo, "-o", "page.html")
    assert ended.exit_code == 0, ended.stderr
    assert "Local connectivity: Replacing all pixels outside a unit's window changed it by\n" in ended.stdout
    assert "page  page.html" in ended.stdout and (tmp_path / "page.html").exists()
    assert all(len(line) <= 80 for line in ended.stdout.splitlines())


def test_json_holds_every_number(opsin, model_file, photo):
    found = json.loads(opsin("explain", model_file, photo, "-o", "page.html", "--json").stdout)
    assert found["locality"]["largest_change_outside"] == 0 and len(found["layers"]) == 4
    assert {one["method"] for one in found["saliency"]} == {"occlusion", "grad-cam"}


def test_a_missing_image_is_one_line(fails, model_file, tmp_path):
    assert "none.png" in fails("explain", model_file, "none.png")
    assert not (tmp_path / "inside.html").exists()
