"""The commands `aigov reload`, `backup` and `restore`: by the server that has the store, if there is one."""

import argparse
import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from service.errors import StoreError

if TYPE_CHECKING:
    from service.settings import Settings


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to those of `aigov`."""
    parser = subparsers.add_parser("reload", help="have the running server load a new build, without a failed request")
    parser.add_argument("--graph", type=Path, metavar="FILE", help="the built graph (default: the one the server has)")
    _add_store(parser)
    parser.set_defaults(run=run_reload)

    parser = subparsers.add_parser("backup", help="copy the store into a new folder, while it serves or not")
    parser.add_argument("target", type=Path, metavar="TARGET", help="a folder that does not exist yet")
    _add_store(parser)
    parser.set_defaults(run=run_backup)

    parser = subparsers.add_parser("restore", help="replace the data by those of a backup, while it serves or not")
    parser.add_argument("backup", type=Path, metavar="BACKUP", help="a folder made by `aigov backup`")
    _add_store(parser)
    parser.set_defaults(run=run_restore)


def _add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", type=Path, metavar="DIR", help="the folder of the store (default: store)")


def run_reload(arguments: argparse.Namespace) -> int:
    """Have the server load a graph.

    Raises:
        StoreError: no server has the store, or it cannot load the graph.
    """
    from service.operations.control import ask_server
    from service.settings import load_settings

    settings = load_settings(store=arguments.store)
    graph = None if arguments.graph is None else arguments.graph.absolute()
    message = ask_server(settings.store, "reload", graph)
    if message is None:
        raise StoreError(
            str(settings.store), "no server has this store", "start one with `aigov serve`, or name --store"
        )
    return _tell(message)


def run_backup(arguments: argparse.Namespace) -> int:
    """Back up the store.

    Raises:
        StoreError: there is no such store, or the target cannot be used.
    """
    from service.settings import load_settings
    from service.store.directory import find_kind

    settings = load_settings(store=arguments.store)
    if not any(settings.store.glob("g-*")):
        raise StoreError(str(settings.store), "holds no store", "name the folder of one with --store")
    return _run(settings, "backup", arguments.target, find_kind(settings.store))


def run_restore(arguments: argparse.Namespace) -> int:
    """Restore a backup into the store, which is made where there is none.

    Raises:
        StoreError: the backup is none or damaged; the store is as before.
    """
    from service.settings import load_settings
    from service.store.backup import read_manifest

    manifest = read_manifest(arguments.backup)  # before a folder is made for it
    return _run(load_settings(store=arguments.store), "restore", arguments.backup, manifest.is_union)


def _run(settings: "Settings", command: str, path: Path, is_union: bool | None) -> int:
    """Have a command obeyed by the server that has the store; where there is none, obey it here, under the lock."""
    from service.operations.control import SocketPathError, ask_server

    unreachable: SocketPathError | None = None
    try:
        message = ask_server(settings.store, command, path.absolute())
    except SocketPathError as exc:
        message, unreachable = None, exc
    if message is None:
        from service.app import open_folder
        from service.operations.maintenance import make_commands

        if is_union is not None:
            settings = replace(settings, default_graph="union" if is_union else "stored")
        try:
            store = open_folder(settings)
        except StoreError:
            if unreachable is not None:
                raise unreachable from None
            raise
        try:
            message = asyncio.run(make_commands(store, settings.graph)[command](path.absolute()))
        finally:
            store.release_folder()
    return _tell(message)


def _tell(message: str) -> int:
    sys.stderr.write(f"aigov: {message}\n")
    return 0
