"""What the start page shows: figures and the works read."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.languages import choose_literal
from service.links import shorten
from service.queries import load_query
from service.store.protocol import Store
from service.store.terms import Row, Term, literal

FIGURES = ("works", "texts", "statements", "mentions", "principles", "actors")


@dataclass(frozen=True, slots=True)
class Text:
    """A language version of a work."""

    iri: str
    language: str


@dataclass(frozen=True, slots=True)
class Work:
    """A work that has been read, by date of issue."""

    iri: str
    title: Term
    issued: str
    texts: tuple[Text, ...]


def load_figures(store: Store) -> list[tuple[str, int]]:
    """Return the figures by the key of their name."""
    row = store.select(load_query(__package__, "figures"))[0]
    return [(name, int(row[name].value)) for name in FIGURES]


def load_works(store: Store, ranges: Sequence[str]) -> list[Work]:
    """Return the works that have texts, by date of issue, titles in the reader's language where there is one."""
    rows_by_work: dict[str, list[Row]] = {}
    for row in store.select(load_query(__package__, "works")):
        rows_by_work.setdefault(row["work"].value, []).append(row)
    return [_make_work(work, rows, ranges) for work, rows in rows_by_work.items()]


def _make_work(work: str, rows: list[Row], ranges: Sequence[str]) -> Work:
    titles = sorted({row["title"] for row in rows if "title" in row})
    texts = {row["text"].value: _language_of(row) for row in rows}
    return Work(
        work,
        choose_literal(titles, ranges) or literal(shorten(work)),
        min((row["issued"].value for row in rows if "issued" in row), default=""),
        tuple(Text(iri, language) for iri, language in sorted(texts.items())),
    )


def _language_of(row: Row) -> str:
    """The language of a text: a tag, the end of an IRI, or the end of the text's own IRI."""
    return row.get("language", row["text"]).value.rstrip("/").rpartition("/")[2]
