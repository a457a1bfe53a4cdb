import socket
import subprocess
import sys
from pathlib import Path

import pytest
from serving import Server, clean_environment, command

from service.cli import _listen
from service.settings import Settings


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def assert_one_line(result: subprocess.CompletedProcess[str], *says: str) -> None:
    assert result.returncode != 0
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert all(words in result.stderr for words in says), result.stderr


def test_a_missing_graph_says_what_to_do(tmp_path: Path) -> None:
    result = run("--graph", str(tmp_path / "none.nq"), "--store", str(tmp_path / "store"), "--port", "0")
    assert_one_line(result, "none.nq", "run `aigov build` first")


def test_a_port_in_use_is_named(graph_file: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run("--graph", str(graph_file), "--store", str(tmp_path / "store"), "--port", port)
    assert_one_line(result, port, "--port")


def test_a_store_in_use_is_named(server: Server, graph_file: Path, tmp_path: Path) -> None:
    from service.store.directory import open_directory

    folder = open_directory(tmp_path / "store")
    result = run("--graph", str(graph_file), "--store", str(tmp_path / "store"), "--port", "0")
    folder.close()
    assert_one_line(result, "another process has this store open", "--store")


def test_a_store_that_is_a_file_is_named(graph_file: Path) -> None:
    result = run("--graph", str(graph_file), "--store", str(graph_file), "--port", "0")
    assert_one_line(result, "graph.nq", "--store")


@pytest.mark.parametrize(
    ("name", "value", "says"), [("AIGOV_PORTS", "1", "no such setting"), ("AIGOV_WORKERS", "none", "not a number")]
)
def test_a_wrong_variable_is_named(name: str, value: str, says: str) -> None:
    assert_one_line(run("--port", "0", **{name: value}), name, says)


def test_small_answers_are_not_held_back() -> None:
    with _listen(Settings(port=0)) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import argparse, sys; from service.cli import register; register(argparse.ArgumentParser().add_subparsers())\n"
        "print([m for m in ('rdflib', 'fastapi', 'pyoxigraph', 'uvicorn') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env=clean_environment(), capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"
