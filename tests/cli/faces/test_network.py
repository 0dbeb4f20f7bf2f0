"""No command on faces opens a connection."""

import socket

import pytest


def test_commands_work_without_a_network(opsin, people, tmp_path, monkeypatch):
    def closed(*arguments, **named):
        pytest.fail("a socket was opened")

    monkeypatch.setattr(socket, "socket", closed)
    monkeypatch.setattr(socket, "create_connection", closed)
    gallery, visitor = tmp_path / "g.safetensors", people / "visitor.png"
    for words in (
        ("enroll", gallery, people / "people", "--consent", "x"),
        ("find", visitor),
        ("verify", visitor, people / "people" / "ada" / "first.png"),
        ("search", gallery, visitor),
        ("check", gallery),
        ("cluster", people),
        ("forget", gallery, "ada"),
    ):
        assert opsin("faces", *words).exit_code == 0, words
