"""Write a release: dumps, one Turtle file a named graph, a report and checksums; the whole folder or nothing."""

import hashlib
import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from graph_builder.errors import AigovError
from graph_builder.iri import identifier_of
from graph_builder.quads import Quad
from graph_builder.serialization import format_nquads, format_trig, format_turtle, format_turtle_block

CHECKSUMS = "SHA256SUMS"
"""The file that marks a folder as a release; only such a folder is ever replaced."""


def write_release(quads: Iterable[Quad], report: Mapping[str, object], out: Path) -> None:
    """Write `graph.nq`, `graph.trig`, `turtle/…`, `report.json` and `SHA256SUMS` into `out`.

    Everything is written into a folder beside `out` that then takes its name; an older release there is replaced.

    Raises:
        AigovError: `out` holds something else than a release, or cannot be written. Nothing is changed then.
    """
    check_destination(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as exc:
        raise AigovError(str(out), f"cannot be written ({exc.strerror})", "choose a folder you may write to") from exc
    try:
        _write_files(quads, report, draft)
        draft.chmod(0o755)
        _replace(out, draft)
    except OSError as exc:
        raise AigovError(str(out), f"cannot be written ({exc.strerror})", "make room or choose another folder") from exc
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def load_report(out: Path) -> dict[str, Any]:
    """Return the `report.json` of the release in `out`; empty where there is none, or none that can be read."""
    try:
        report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return report if isinstance(report, dict) else {}


def check_destination(out: Path) -> None:
    """Refuse a destination that a release must not replace; called before the work, so that none is wasted.

    Raises:
        AigovError: `out` is a file, or a folder that holds something and no checksums of a release.
    """
    if out.is_dir():
        if any(out.iterdir()) and not (out / CHECKSUMS).is_file():
            raise AigovError(str(out), "the folder is not empty and holds no release", "choose another folder")
    elif out.exists() or out.is_symlink():
        raise AigovError(str(out), "not a folder", "choose another name")


def _write_files(quads: Iterable[Quad], report: Mapping[str, object], folder: Path) -> None:
    quads_by_graph: defaultdict[str, list[Quad]] = defaultdict(list)
    for quad in quads:
        quads_by_graph[str(quad[3])].append(quad)
    blocks = [(group[0][3], format_turtle_block(group)) for _, group in sorted(quads_by_graph.items())]
    _write_lines(folder / "graph.nq", format_nquads(quad for group in quads_by_graph.values() for quad in group))
    _write_lines(folder / "graph.trig", format_trig(blocks))
    for name, block in blocks:
        path = folder / "turtle" / f"{str(identifier_of(name)).removeprefix('graph/')}.ttl"
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_lines(path, format_turtle(block))
    _write_lines(folder / "report.json", [json.dumps(report, ensure_ascii=False, indent=2), "\n"])
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    _write_lines(folder / CHECKSUMS, sums)


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(lines)


def _replace(out: Path, draft: Path) -> None:
    if not out.is_dir():
        draft.rename(out)
        return
    former = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    out.rename(former / "release")
    try:
        draft.rename(out)
    except OSError:
        (former / "release").rename(out)
        former.rmdir()
        raise
    shutil.rmtree(former, ignore_errors=True)
