"""Backups of a store: a folder with a checkpoint of the data and a manifest that names every file with its digest.

```
manifest.json        {"format": "aigov-backup", "version": 1, "release": …, "files": {"000009.sst": {…}, …}, …}
data/                the checkpoint (RocksDB), files hard-linked to those of the store where that can be done
```
A backup is made under a temporary name and renamed when it is whole.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from service.errors import StoreError
from service.store.directory import Generation

MANIFEST = "manifest.json"
_DATA = "data"
_FORMAT, _VERSION = "aigov-backup", 1
_QUADS = "SELECT (COUNT(*) AS ?quads) (COUNT(DISTINCT ?g) AS ?graphs) { GRAPH ?g { ?s ?p ?o } }"
_COPY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class BackupFile:
    """Size and SHA-256 of a file of a backup."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: four things that `Generation` says, quads of named graphs, named graphs, files by name."""

    release: str | None
    release_graphs: tuple[str, ...]
    is_written: bool
    is_union: bool
    quads: int
    graphs: int
    files: Mapping[str, BackupFile]


def write_backup(target: Path, checkpoint: Callable[[Path], Generation]) -> Manifest:
    """Make a backup in a new folder, whole or not at all.

    Args:
        target: a path at which there is nothing, in a folder that exists.
        checkpoint: makes a consistent copy of the store in a path that does not exist, and says what it is of.

    Raises:
        StoreError: there is something at the target, or it cannot be written; nothing is left there.
    """
    if target.exists() or target.is_symlink():
        raise StoreError(str(target), "exists already", "name a new folder for the backup")
    try:
        partial = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent))
        try:
            manifest = _fill_backup(partial, checkpoint(partial / _DATA))
            partial.rename(target)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        _sync(target.parent)
    except (OSError, RuntimeError) as exc:
        remedy = "name a new folder where this user may write, with enough room"
        raise StoreError(str(target), f"cannot be written ({exc})", remedy) from exc
    return manifest


def _fill_backup(folder: Path, generation: Generation) -> Manifest:
    """Describe the checkpoint in a folder; that it can be opened and counted is the first proof of it."""
    quads, graphs = _count(folder / _DATA)
    files = {path.name: _describe(path) for path in sorted((folder / _DATA).iterdir())}
    manifest = Manifest(
        release=generation.release,
        release_graphs=generation.graphs,
        is_written=generation.is_written,
        is_union=generation.is_union,
        quads=quads,
        graphs=graphs,
        files=files,
    )
    document = {"format": _FORMAT, "version": _VERSION, "engine": f"oxigraph {ox.__version__}", **asdict(manifest)}
    with (folder / MANIFEST).open("w", encoding="utf-8") as file:
        file.write(json.dumps(document, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    _sync(folder)
    return manifest


def _count(checkpoint: Path) -> tuple[int, int]:
    """Count quads of named graphs, and named graphs; the engine is let go of on return."""
    counted = ox.Store.read_only(str(checkpoint)).query(_QUADS)
    if not isinstance(counted, ox.QuerySolutions):
        raise TypeError("a count is a solution")
    quads, graphs = (int(term.value) for term in next(counted) if isinstance(term, ox.Literal))
    return quads, graphs


def read_manifest(source: Path) -> Manifest:
    """Read what a backup holds.

    Raises:
        StoreError: the folder is no backup, or one of a version that is not read here.
    """
    remedy = "name a folder that `aigov backup` made"
    try:
        document = json.loads((source / MANIFEST).read_text(encoding="utf-8"))
        if document["format"] != _FORMAT or not isinstance(document["release"], str | None):
            raise ValueError(document["format"])
        if document["version"] != _VERSION:
            found = f"a backup of version {document['version']}, and this program reads version {_VERSION}"
            raise StoreError(str(source), found, "restore it with the program that made it")
        files = {_check_name(name): _parse_file(entry) for name, entry in document["files"].items()}
        return Manifest(
            release=document["release"],
            release_graphs=tuple(map(str, document["release_graphs"])),
            is_written=bool(document["is_written"]),
            is_union=bool(document["is_union"]),
            quads=int(document["quads"]),
            graphs=int(document["graphs"]),
            files=files,
        )
    except OSError as exc:
        raise StoreError(str(source), f"not a backup ({MANIFEST}: {exc.strerror})", remedy) from exc
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise StoreError(str(source / MANIFEST), "not the manifest of a backup", remedy) from exc


def copy_backup(source: Path, manifest: Manifest, target: Path) -> None:
    """Copy the data of a backup into a new folder, and compare every byte and the number of quads with the manifest.

    Copied, not linked: the engine writes into some of its files, and the backup must stay as it is.

    Raises:
        StoreError: a file is missing, or is not what the manifest says.
        OSError: the target cannot be written, or the engine cannot open it.
    """
    target.mkdir()
    for name, expected in manifest.files.items():
        path = source / _DATA / name
        try:
            with path.open("rb") as original:
                found = _copy(original, target / name)
        except FileNotFoundError as exc:
            raise StoreError(str(path), "missing: the backup is damaged", "use another backup") from exc
        if found != expected:
            raise StoreError(str(path), "not what the manifest says: the backup is damaged", "use another backup")
    _sync(target)
    if _count(target) != (manifest.quads, manifest.graphs):
        raise StoreError(str(source), "holds other data than its manifest says", "use another backup")


def _copy(original: Any, target: Path) -> BackupFile:
    digest, length = hashlib.sha256(), 0
    with target.open("wb") as copy:
        while part := original.read(_COPY_BYTES):
            digest.update(part)
            length += len(part)
            copy.write(part)
        copy.flush()
        os.fsync(copy.fileno())
    return BackupFile(length, digest.hexdigest())


def _describe(path: Path) -> BackupFile:
    with path.open("rb") as file:
        return BackupFile(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _check_name(name: str) -> str:
    """Return a name that stays in its folder."""
    if name in ("", ".", "..") or Path(name).name != name:
        raise ValueError(name)
    return name


def _parse_file(entry: Mapping[str, Any]) -> BackupFile:
    return BackupFile(int(entry["bytes"]), str(entry["sha256"]))


def _sync(folder: Path) -> None:
    """Have the names in a folder reach the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
