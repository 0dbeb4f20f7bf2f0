"""The code of each tutorial runs, and prints what the page shows.

python tests/test_tutorials.py PAGE...                     # runs pages anew: writes outputs, pictures and notebooks
"""

import base64
import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from opsin.keras.utils import clear_session

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
IMAGES = ROOT / "docs" / "images" / "tutorials"
VARIES = "<!-- varies: the test compares words, not numbers -->\n"
BLOCK = re.compile(
    rf"```(?P<language>python|bash)\n(?P<code>.*?)```\n(?:\n(?P<varies>{re.escape(VARIES)})?```text\n(?P<shown>.*?)```\n)?",
    re.DOTALL,
)
PICTURE = re.compile(r"!\[(?P<caption>[^\]]*)\]\(\.\./images/tutorials/(?P<name>[\w-]+\.(?:png|svg))\)\n")
NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?(?![\w])|\d+(\.\d+)?(?=[a-z]{1,2}\b)")


@dataclass(frozen=True)
class Block:
    """Code of a page, the output that the page shows, and the output of a run."""

    code: str
    shown: str
    varies: bool
    printed: str


def run_page(page, folder):
    """Runs the code of a page from top to bottom in a folder, and returns its blocks."""
    commands = folder / ".commands"
    commands.mkdir()
    (commands / "opsin").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m opsin "$@"\n')
    (commands / "opsin").chmod(0o755)
    path = f"{commands}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "MPLBACKEND": "agg"}
    names = {"__name__": "__main__"}
    clear_session()  # layers are numbered by process, and other tests have made some
    blocks = []
    with contextlib.chdir(folder):
        for found in BLOCK.finditer(page.read_text(encoding="utf-8")):
            code = found["code"]
            if found["language"] == "bash":
                run = ["bash", "-e", "-c", code]
                ended = subprocess.run(run, env=environment, capture_output=True, text=True, timeout=500)
                assert ended.returncode == 0, f"{code}\n{ended.stderr}"
                printed = ended.stdout
            else:
                stream = io.StringIO()
                with contextlib.redirect_stdout(stream):
                    exec(compile(code, page.name, "exec"), names)
                printed = stream.getvalue()
            blocks.append(Block(code, found["shown"] or "", bool(found["varies"]), printed))
    return blocks


def words(text):
    """Returns a text without numbers, lines, spaces in a row, and advice that depends on them."""
    text = re.sub(r"[\s─━]+", " ", text)
    text = re.sub(r"The validation [\w ]+ was still improving when training ended: try --epochs \d+\. ", "", text)
    return NUMBER.sub("#", text).strip()


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_a_page_prints_what_it_shows(page, tmp_path, monkeypatch):
    for package in ("mlxtend", "skimage"):
        pytest.importorskip(package)
    monkeypatch.setenv("MPLBACKEND", "agg")
    for block in run_page(page, tmp_path):
        if block.varies:
            assert words(block.printed) == words(block.shown), block.code
        elif block.shown:
            assert block.printed.strip() == block.shown.strip(), block.code


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_every_picture_of_a_page_is_small_and_made_by_its_code(page):
    text = page.read_text(encoding="utf-8")
    assert [found["name"] for found in PICTURE.finditer(text)], "a tutorial without pictures"
    for found in PICTURE.finditer(text):
        assert (IMAGES / found["name"]).stat().st_size < 200_000
        assert found["name"] in text[: found.start()], f"no code writes {found['name']}"


def test_the_notebook_is_the_page():
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(ROOT / "examples" / "introduction_to_cnns.ipynb", as_version=4)
    nbformat.validate(notebook)
    page = ROOT / "docs" / "tutorials" / "introduction-to-cnns.md"
    found = list(BLOCK.finditer(page.read_text(encoding="utf-8")))
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.source for cell in cells] == [one["code"].strip() for one in found]
    outputs = ["".join(out["text"] for out in cell.outputs if out.output_type == "stream") for cell in cells]
    assert [text.strip() for text in outputs] == [(one["shown"] or "").strip() for one in found]


def refresh(page):
    """Runs a page and writes its outputs and pictures; a page of Python alone also as a notebook."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        blocks = iter(run_page(page, folder))

        def with_output(found):
            block = next(blocks)
            if found["shown"] is None:
                return found[0]
            varies = VARIES if block.varies else ""
            return f"```{found['language']}\n{block.code}```\n\n{varies}```text\n{block.printed.strip(chr(10))}\n```\n"

        text = BLOCK.sub(with_output, page.read_text(encoding="utf-8"))
        page.write_text(text, encoding="utf-8")
        IMAGES.mkdir(exist_ok=True)
        for found in PICTURE.finditer(text):
            shutil.copy(next(folder.rglob(found["name"])), IMAGES)
    if "```bash" not in text:
        write_notebook(text, ROOT / "examples" / f"{page.stem.replace('-', '_')}.ipynb")


def write_notebook(text, path):
    """Writes the text of a page as a notebook; pictures are outputs of the code before them."""
    cells, end = [], 0
    for number, found in enumerate(BLOCK.finditer(text)):
        add_words(cells, text[end : found.start()])
        outputs = [{"output_type": "stream", "name": "stdout", "text": found["shown"]}] if found["shown"] else []
        cell = {"cell_type": "code", "metadata": {}, "source": found["code"].strip(), "outputs": outputs}
        cells.append({**cell, "id": f"code-{number}", "execution_count": number + 1})
        end = found.end()
    add_words(cells, text[end:])
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def add_words(cells, text):
    """Adds the text between two blocks as a cell, and its pictures as outputs of the block before it."""
    for found in PICTURE.finditer(text):
        content = (IMAGES / found["name"]).read_bytes()
        if found["name"].endswith(".svg"):
            data = {"image/svg+xml": content.decode()}
        else:
            data = {"image/png": base64.b64encode(content).decode()}
        cells[-1]["outputs"].append({"output_type": "display_data", "data": data, "metadata": {}})
    text = PICTURE.sub("", text).replace(VARIES, "").strip()
    if text:
        cells.append({"cell_type": "markdown", "metadata": {}, "source": text, "id": f"text-{len(cells)}"})


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        refresh(Path(argument).resolve())
