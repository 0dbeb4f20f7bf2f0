"""Downloads are images of a bounded size, over http and https only; the server is a real one on this machine."""

import io
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import decode, fetch_image, remote


def picture():
    buffer = io.BytesIO()
    Image.new("RGB", (5, 4), (9, 200, 9)).save(buffer, "PNG")
    return buffer.getvalue()


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path in ("/file", "/ftp", "/moved"):
            self.send_response(302)
            goal = {"/file": "file:///etc/hostname", "/ftp": "ftp://127.0.0.1/x", "/moved": "/cat.png"}[self.path]
            self.send_header("Location", goal)
            self.end_headers()
            return
        self.send_response(404 if self.path == "/gone" else 200)
        self.send_header("Content-Type", "text/html" if self.path == "/page" else "image/png")
        self.end_headers()
        self.wfile.write(picture())

    def log_message(self, *words):
        pass


@pytest.fixture(scope="module")
def address():
    server = HTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.parametrize("path", ["/cat.png", "/moved"])
def test_an_image_is_fetched(address, path):
    assert decode(fetch_image(address + path)).shape == (4, 5, 3)


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/gone", "Not Found"), ("/page", "text/html"), ("/file", "cannot be fetched"), ("/ftp", "cannot be fetched")],
)
def test_anything_else_is_one_line(address, path, reason):
    with pytest.raises(DataError, match=reason) as error:
        fetch_image(address + path)
    assert "\n" not in str(error.value) and path in str(error.value)


def test_a_large_file_is_not_read_to_its_end(address, monkeypatch):
    monkeypatch.setattr(remote, "MAX_DOWNLOAD_BYTES", 20)
    with pytest.raises(DataError, match="larger than 20 bytes"):
        fetch_image(f"{address}/cat.png")
