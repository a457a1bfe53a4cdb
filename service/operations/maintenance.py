"""Reload, back up and restore a store: what the control socket and the command line both do, told in one sentence."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from service.errors import StoreError
from service.operations.control import Command
from service.store.backup import Manifest
from service.store.embedded import EmbeddedStore


def make_commands(store: EmbeddedStore, graph: Path) -> Mapping[str, Command]:
    """Return the commands for a store by name.

    Args:
        store: an open store on disk.
        graph: the built graph that a reload takes when the request names none.
    """

    async def reload(path: Path | None) -> str:
        source = path or graph
        if not await store.reload(source):
            return f"{source} is loaded already; nothing changed"
        counts = await asyncio.to_thread(store.counts)
        return f"loaded {source}: {counts.triples:,} triples"

    async def backup(path: Path | None) -> str:
        target = _expect(path)
        return f"{target} holds {_describe(await asyncio.to_thread(store.backup, target))}"

    async def restore(path: Path | None) -> str:
        source = _expect(path)
        return f"restored {_describe(await store.restore(source))} from {source}"

    return {"reload": reload, "backup": backup, "restore": restore}


def _describe(manifest: Manifest) -> str:
    return f"{manifest.quads:,} quads in {manifest.graphs:,} graphs"


def _expect(path: Path | None) -> Path:
    if path is None:
        raise StoreError("backup", "no folder was named", "name the folder of the backup")
    return path
