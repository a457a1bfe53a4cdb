"""Registry entries: `NAME.toml` beside a source file says what is known of it."""

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

from graph_builder.errors import RegistryError
from graph_builder.model import Registration, WorkKind

T = TypeVar("T")

FIELDS = (
    *("work", "title", "language", "kind", "issuers"),
    *("issued", "issued_at", "reprint", "publisher", "source_url", "rights"),
)
"""The fields of an entry; the first five are required."""
REQUIRED = FIELDS[:5]
KINDS: tuple[WorkKind, ...] = ("policy-instrument", "commentary")
_CHINESE = {"zh": "zh-Hans", "zh-CN": "zh-Hans", "zh-SG": "zh-Hans", "zh-TW": "zh-Hant", "zh-HK": "zh-Hant"}
_WRITE_TITLE = 'write title = { en = "…" }'
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TAG = re.compile(
    r"[A-Za-z]{2,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|\d{3}))?(?:-(?:[0-9A-Za-z]{5,8}|\d[0-9A-Za-z]{3}))*"
)


def load_registration(path: Path, known_actors: frozenset[str], known_events: frozenset[str]) -> Registration:
    """Read an entry and check it.

    Raises:
        RegistryError: broken TOML, a missing or unknown field, a value of the wrong type, an id that nothing knows.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as exc:
        raise RegistryError(f"{path}, byte {exc.start}", "not UTF-8", "save the file as UTF-8") from exc
    except tomllib.TOMLDecodeError as exc:
        raise RegistryError(str(path), f"broken TOML: {exc}", "mend that line") from exc
    return _Entry(path, data).parse(known_actors, known_events)


def parse_language(tag: str) -> str | None:
    """Return a BCP 47 tag in its usual letters, Chinese with its script; None if it is no such tag.

    >>> parse_language("zh-hant"), parse_language("EN"), parse_language("zh-TW"), parse_language("english")
    ('zh-Hant', 'en', 'zh-Hant', None)
    """
    if not _TAG.fullmatch(tag):
        return None
    first, *rest = tag.split("-")
    shaped = [part.title() if len(part) == 4 else part.upper() if len(part) == 2 else part.lower() for part in rest]
    usual = "-".join((first.lower(), *shaped))
    return _CHINESE.get(usual, usual)


class _Entry:
    """An entry under reading: every check names the file and the field."""

    def __init__(self, path: Path, data: Mapping[str, Any]) -> None:
        self.path, self.data = path, data

    def parse(self, known_actors: frozenset[str], known_events: frozenset[str]) -> Registration:
        for name in self.data:
            if name not in FIELDS:
                raise self.error(name, "unknown field", f"use one of {', '.join(FIELDS)}{_nearest(name, FIELDS)}")
        for name in REQUIRED:
            if name not in self.data:
                raise self.error(name, "the field is missing", f"add a line `{name} = …`")
        language = self.language("language", self.text("language"))
        issued_at = self.optional("issued_at", self.text)
        if issued_at is not None and issued_at not in known_events:
            raise self.error("issued_at", f"unknown event {issued_at!r}", _use(issued_at, known_events, "event"))
        return Registration(
            work=self.work(),
            titles=self.titles(language),
            language=language,
            kind=self.kind(),
            issuers=self.issuers(known_actors),
            issued=self.optional("issued", self.day),
            issued_at=issued_at,
            reprint=self.optional("reprint", self.day),
            publisher=self.optional("publisher", self.text),
            source_url=self.optional("source_url", self.url),
            rights=self.optional("rights", self.text),
        )

    def error(self, name: str, what: str, remedy: str) -> RegistryError:
        return RegistryError(f"{self.path}, field `{name}`", what, remedy)

    def optional(self, name: str, parse: Callable[[str], T]) -> T | None:
        return parse(name) if name in self.data else None

    def text(self, name: str) -> str:
        value = self.data[name]
        if not isinstance(value, str) or not value.strip():
            raise self.error(name, f"expected text, found {_shown(value)}", f'write {name} = "…"')
        return value.strip()

    def day(self, name: str) -> date:
        value = self.data[name]
        if isinstance(value, datetime) or not isinstance(value, date):
            raise self.error(
                name, f"expected a date, found {_shown(value)}", f"write {name} = 2025-07-26, without quotes"
            )
        return value

    def url(self, name: str) -> str:
        value = self.text(name)
        if not re.fullmatch(r"https?://\S+", value):
            raise self.error(name, f"not a web address: {value!r}", "begin it with https://")
        return value

    def language(self, name: str, tag: str) -> str:
        usual = parse_language(tag)
        if usual is None:
            raise self.error(name, f"{tag!r} is no BCP 47 language tag", "use a tag such as en, fr, zh-Hans or zh-Hant")
        return usual

    def work(self) -> str:
        slug = self.text("work")
        if not _SLUG.fullmatch(slug):
            raise self.error("work", f"{slug!r} is no slug", "use small letters, digits and single hyphens")
        return slug

    def kind(self) -> WorkKind:
        value = self.text("kind")
        kind = next((kind for kind in KINDS if kind == value), None)
        if kind is None:
            raise self.error("kind", f"unknown kind {value!r}", f"use one of {', '.join(KINDS)}")
        return kind

    def titles(self, language: str) -> tuple[tuple[str, str], ...]:
        value = self.data["title"]
        table = {language: value} if isinstance(value, str) else value
        if not isinstance(table, dict) or not table:
            raise self.error(
                "title", f"expected titles by language, found {_shown(value)}", 'write title = { en = "…" }'
            )
        found = {}
        for tag, words in table.items():
            if not isinstance(words, str) or not words.strip():
                raise self.error(
                    "title", f"expected text for {tag!r}, found {_shown(words)}", 'write title = { en = "…" }'
                )
            found[self.language("title", tag)] = words.strip()
        return tuple(sorted(found.items()))

    def issuers(self, known_actors: frozenset[str]) -> tuple[str, ...]:
        value = self.data["issuers"]
        if not isinstance(value, list) or not all(isinstance(issuer, str) for issuer in value):
            raise self.error("issuers", f"expected a list of ids, found {_shown(value)}", 'write issuers = ["china"]')
        for issuer in value:
            if issuer not in known_actors:
                raise self.error("issuers", f"unknown actor {issuer!r}", _use(issuer, known_actors, "actor"))
        return tuple(value)


def _shown(value: object) -> str:
    kinds = {str: "text", bool: "a truth value", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return "empty text" if value == "" else kinds.get(type(value), f"a {type(value).__name__}")


def _nearest(word: str, known: frozenset[str] | tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.5)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _use(word: str, known: frozenset[str], noun: str) -> str:
    return f"use the id of an {noun} of the vocabulary{_nearest(word, known)}"
