"""Source files: finding them, and reading one with what is known of it."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from graph_builder.errors import SourceError
from graph_builder.model import Registration, SourceDocument
from graph_builder.reading.detect import detect_language, detect_title, find_date, parse_front_matter
from graph_builder.reading.media import READERS
from graph_builder.reading.registry import load_registration, parse_language


def find_sources(paths: Sequence[Path]) -> list[Path]:
    """Return the source files that paths name: files as given, folders with all they hold, sorted, each once.

    Raises:
        SourceError: a path does not exist, or names a file of a kind that cannot be read, or a folder without sources.
    """
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            inner = {file for file in path.rglob("*") if _is_source(file, path)}
            if not inner:
                raise SourceError(
                    str(path), "no source file in this folder", f"put files of {', '.join(READERS)} there"
                )
            found |= inner
        elif path.is_file():
            _reader_suffix(path)
            found.add(path)
        else:
            raise SourceError(str(path), "no such file or folder", "check the path")
    return sorted(found, key=lambda path: path.as_posix())


def read_document(path: Path, known_actors: frozenset[str], known_events: frozenset[str]) -> SourceDocument:
    """Read one source file and its registry entry.

    `known_actors` and `known_events` are ids without their scheme ("china", "waic-2025"). Without an entry, language
    and title are detected, and `registration.detected` says so.

    Raises:
        SourceError: the file cannot be read, or is empty.
        RegistryError: the entry is wrong.
    """
    reader = READERS[_reader_suffix(path)]
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise SourceError(
            str(path), f"cannot be read ({exc.strerror})", "check that the file exists and is readable"
        ) from exc
    if not data.strip():
        raise SourceError(str(path), "the file is empty", "put the text into it, or remove it")
    raw = reader.extract(data, str(path))
    if not raw.strip().strip("\ufeff"):
        raise SourceError(str(path), "the file has no text", "put the text into it, or remove it")
    entry = path.with_suffix(".toml")
    known = entry.is_file()
    registration = load_registration(entry, known_actors, known_events) if known else detect_registration(path, raw)
    digest = hashlib.sha256(data).hexdigest()
    return SourceDocument(path.name, raw, digest, len(data), reader.media_type, registration)


def detect_registration(path: Path, raw: str) -> Registration:
    """Say of a text without an entry what it says of itself, or its name does (`NAME.en.txt`).

    Raises:
        SourceError: its language is none of those that can be detected.
    """
    front = parse_front_matter(raw)
    given = front.get("lang") or front.get("language")
    tagged = re.fullmatch(r"\.(zh-Hant|zh-Hans|en|fr)", Path(path.stem).suffix)
    named = tagged.group(1) if tagged else None
    language = (parse_language(given) if isinstance(given, str) else None) or named or detect_language(raw)
    if language is None:
        raise SourceError(str(path), "the language of the text is not recognised", f"write {path.stem}.toml beside it")
    heading = front.get("title")
    title = heading.strip() if isinstance(heading, str) and heading.strip() else detect_title(raw)
    stem = re.sub(rf"\.(?:{language}|{language.split('-')[0]})$", "", path.stem, flags=re.IGNORECASE)
    work = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")
    issued = find_date(front)
    return Registration(
        work=work or "work-" + hashlib.sha256(path.stem.encode()).hexdigest()[:8],
        titles=((language, title or stem.replace("-", " ")),),
        language=language,
        kind="policy-instrument",
        issued=issued,
        detected=("work", "title", "language", "kind", *(("issued",) if issued else ())),
    )


def _is_source(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return file.suffix.lower() in READERS and file.is_file() and not hidden


def _reader_suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in READERS:
        raise SourceError(str(path), f"files of kind {suffix or '(none)'} cannot be read", f"use {', '.join(READERS)}")
    return suffix
