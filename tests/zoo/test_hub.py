import hashlib
import pickle
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from safetensors.torch import save

from opsin.core import NetworkError
from opsin.zoo import HubWeights, WeightsError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TENSORS = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2)}
CONTENT = save(TENSORS)
MOST = 10_000


@dataclass
class Hub:
    """A hub on this machine: its response, and the paths that were requested."""

    address: str = ""
    content: bytes = CONTENT
    length: int | None = -1  # -1: the real one, None: no header
    status: int = 200
    asked: list[str] = field(default_factory=list)
    stop: Callable[[], None] = lambda: None

    def weights(self, **changed) -> HubWeights:
        digest = hashlib.sha256(self.content).hexdigest()
        return HubWeights(**({"repo": "someone/net.a1", "revision": COMMIT, "sha256": digest} | changed))


@pytest.fixture
def hub(monkeypatch, tmp_path):
    served = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            served.asked.append(self.path)
            if served.status == 302 and not self.path.startswith("/store/"):
                self.send_response(302)
                self.send_header("Location", "/store/1")
                self.end_headers()
                return
            self.send_response(200 if served.status == 302 else served.status)
            if served.length is not None:
                self.send_header("Content-Length", str(len(served.content) if served.length < 0 else served.length))
            self.end_headers()
            self.wfile.write(served.content)

        def log_message(self, *_): ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    served.address = f"http://127.0.0.1:{server.server_port}"

    def stop():
        server.shutdown()
        server.server_close()

    served.stop = stop
    monkeypatch.setenv("HF_ENDPOINT", served.address)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("OPSIN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    for name in ("HF_HUB_OFFLINE", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    yield served
    stop()


def files(folder) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_file_is_downloaded_once_and_kept(hub, tmp_path):
    heard = []
    read = hub.weights().read(MOST, lambda stage, done, total, note="": heard.append((stage, done, total)))
    assert read.keys() == TENSORS.keys()
    assert all(torch.equal(read[name], value) for name, value in TENSORS.items())
    assert hub.asked == [f"/someone/net.a1/resolve/{COMMIT}/model.safetensors"]
    assert heard == [("download weights", len(CONTENT), len(CONTENT))]
    assert files(tmp_path) == [hub.weights().path.name]
    hub.stop()
    assert torch.equal(hub.weights().read(MOST)["a.bias"], TENSORS["a.bias"])
    assert len(hub.asked) == 1


def test_a_redirect_to_where_the_hub_keeps_its_files_is_followed(hub):
    hub.status = 302
    assert set(hub.weights().read(MOST)) == set(TENSORS)
    assert hub.asked[1] == "/store/1"


def test_a_content_length_is_optional(hub):
    hub.length = None
    assert set(hub.weights().read(MOST)) == set(TENSORS)


@pytest.mark.parametrize(
    ("change", "sha256", "most", "said"),
    [
        ({}, "0" * 64, MOST, "has SHA-256 .* Expected 0000000000000000"),
        ({"length": len(CONTENT) + 50}, None, MOST, f"ended after {len(CONTENT)} of {len(CONTENT) + 50} bytes"),
        ({}, None, 100, rf"has {len(CONTENT)} bytes\. Expected at most 100"),
        ({"length": None}, None, 100, "has more than 100 bytes"),
        ({"status": 404}, None, MOST, "returned 404 Not Found"),
        ({"content": CONTENT[:-4]}, None, MOST, r"is damaged \(.*Expected a safetensors file"),
        ({"content": b""}, None, MOST, r"is damaged \(.*Expected a safetensors file"),
        ({"content": pickle.dumps({"a": 1}) + bytes(50)}, None, MOST, r"is damaged \(.*Expected a safetensors file"),
        ({"content": (2**40).to_bytes(8, "little") + b"{}"}, None, MOST, r"is damaged \(.*Expected a safetensors file"),
        ({"content": (2).to_bytes(8, "little") + b"[]"}, None, MOST, r"is damaged \(.*Expected a safetensors file"),
    ],
)
def test_another_file_is_refused_and_not_kept(hub, tmp_path, change, sha256, most, said):
    for name, value in change.items():
        setattr(hub, name, value)
    weights = hub.weights(**({"sha256": sha256} if sha256 else {}))
    with pytest.raises(WeightsError, match=said) as error:
        weights.read(most)
    assert "\n" not in str(error.value)
    assert files(tmp_path) == []


def test_without_a_network_the_message_names_it(hub, tmp_path):
    hub.stop()
    with pytest.raises(WeightsError, match=r"cannot be reached .*Fix: check the network"):
        hub.weights().read(MOST)
    assert files(tmp_path) == []


def test_offline_nothing_is_requested_and_the_message_names_the_path(hub, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    weights = hub.weights()
    with pytest.raises(WeightsError, match=f"is not at {weights.path} and HF_HUB_OFFLINE is set"):
        weights.read(MOST)
    assert hub.asked == []
    weights.path.parent.mkdir(parents=True)
    weights.path.write_bytes(CONTENT)
    assert set(weights.read(MOST)) == set(TENSORS)


def test_a_damaged_file_in_the_cache_is_downloaded_again(hub):
    weights = hub.weights()
    weights.path.parent.mkdir(parents=True)
    weights.path.write_bytes(CONTENT[:-1] + b"x")
    assert torch.equal(weights.read(MOST)["a.weight"], TENSORS["a.weight"])
    assert weights.path.read_bytes() == CONTENT


def test_the_hubs_own_cache_is_read(hub, tmp_path):
    weights = hub.weights()
    blobs = tmp_path / "hf" / "hub" / "models--someone--net.a1" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / weights.sha256).write_bytes(CONTENT)
    assert set(weights.read(MOST)) == set(TENSORS)
    assert hub.asked == []
    (blobs / weights.sha256).write_bytes(b"something else")
    assert set(weights.read(MOST)) == set(TENSORS)
    assert len(hub.asked) == 1
    assert (blobs / weights.sha256).read_bytes() == b"something else"


def test_only_web_addresses_are_opened(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "file:///etc")
    with pytest.raises(WeightsError, match="HF_ENDPOINT gives file:///etc"):
        hub.weights().read(MOST)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"repo": "../../etc"}, "not a repository"),
        ({"repo": "a/b/c"}, "not a repository"),
        ({"revision": "main"}, "not a full commit"),
        ({"sha256": "80c49dee"}, "not a SHA-256 digest"),
        ({"file": "pytorch_model.bin"}, "has another format"),
        ({"file": "../model.safetensors"}, "has another format"),
    ],
)
def test_fields_that_do_not_identify_one_file_are_refused(changed, said):
    with pytest.raises(NetworkError, match=said):
        Hub().weights(**changed)
