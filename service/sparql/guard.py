"""Look into a query before the engine does: refuse what would reach out to another server, with an error that says so.

This is a courtesy, not the wall: the engine has no token rules (`SERVICEa:x` calls a service), so every remaining word
that *contains* the keyword is refused, and readers cannot open a socket whatever gets through (`store/walls.py`).
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from urllib.parse import urljoin

from service.errors import EgressRefusedError, MalformedRequestError
from service.store.update_request import UpdateNotReadError, split_update
from service.tokens import scan

_ESCAPE = re.compile(r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}")
_UPDATES = frozenset({"insert", "delete", "load", "clear", "drop", "create", "add", "move", "copy", "with"})
_PROLOGUE = frozenset({"base", "prefix", "version"})


@dataclass(frozen=True, slots=True)
class Dataset:
    """The graphs that a query names for itself, each once; both empty where it names none."""

    default: tuple[str, ...]
    named: tuple[str, ...]


def refuse_unwanted(text: str, allowed: Set[str] = frozenset()) -> None:
    """Refuse a query that calls another server, or that is an update.

    Args:
        text: the query, or what is left of it without the calls that are allowed.
        allowed: endpoints that may be called; only named in the error.

    Raises:
        EgressRefusedError: as `refuse_egress`.
        MalformedRequestError: the first word after the prologue begins an update.
    """
    words = _words(text)
    _refuse_words(words, ("service",), _explain_service(allowed), sorted(allowed))
    first = next((word for kind, word in words if kind == "word" and word not in _PROLOGUE), "")
    if first in _UPDATES:
        raise MalformedRequestError(
            f"{first.upper()} is an update; send it in the parameter 'update' or as application/sparql-update."
        )


def refuse_egress(text: str) -> None:
    """Refuse an update that calls another server or loads from one; LOAD SILENT passes, and does nothing.

    Raises:
        EgressRefusedError: a word outside strings, comments, IRIs, variables and local names contains `service` or
            `load`; prefixes count as words, as the engine may read `SERVICEa:x` as a call of `a:x`.
    """
    try:
        texts = [op.text for op in split_update(text) if not (op.kind == "load" and op.is_silent)]
    except UpdateNotReadError:
        texts = [text]
    for each in texts:
        _refuse_words(_words(each), ("service", "load"), _REMEDY)


_REMEDY = (
    "this service sends no requests to others. Query the other endpoint yourself, or load its data into a store of "
    "your own."
)


def _explain_service(allowed: Set[str]) -> str:
    """Return why a call is refused, and what may be done."""
    if not allowed:
        return f"{_REMEDY} Its operator may allow endpoints by name (AIGOV_SERVICE_ALLOWED)."
    return (
        "a query may call only the endpoints that the operator allows, by their IRIs, as SERVICE <IRI> { … }, and not "
        f"within the group of another call: {', '.join(sorted(allowed))}."
    )


def _refuse_words(
    words: list[tuple[str, str]], refused: tuple[str, ...], why: str, allowed: Sequence[str] = ()
) -> None:
    for _, word in words:
        for keyword in refused:
            if keyword in word:
                error = EgressRefusedError(f"{keyword.upper()} is refused: {why}")
                if allowed:
                    error.extensions["allowed"] = list(allowed)
                raise error


def find_dataset(text: str, base: str) -> Dataset:
    """Return the graphs of FROM and FROM NAMED, resolved, in order; those of undeclared prefixes are left out.

    >>> find_dataset("PREFIX g: <http://e/> SELECT * FROM g:a FROM NAMED <b> { }", "http://base/")
    Dataset(default=('http://e/a',), named=('http://base/b',))
    """
    graphs: dict[str, list[str]] = {"from": [], "named": []}
    space_by_prefix: dict[str, str] = {}
    keyword = declared = ""
    for token in scan(text):
        kind, word = token.lastgroup, token[0].lower()
        if kind == "word":
            keyword = word if word != "named" or keyword == "from" else ""
        elif kind == "name" and keyword == "prefix":
            declared = token["prefix"] or ""
        elif kind == "iri" and keyword == "prefix":
            space_by_prefix[declared] = resolve_iri(base, token[0])
        elif kind == "iri" and keyword == "base":
            base = resolve_iri(base, token[0])
        elif kind == "iri" and keyword in graphs:
            graphs[keyword].append(resolve_iri(base, token[0]))
        elif kind == "name" and keyword in graphs and (token["prefix"] or "") in space_by_prefix:
            local = re.sub(r"\\(.)", r"\1", token["local"])
            graphs[keyword].append(space_by_prefix[token["prefix"] or ""] + local)
        if kind != "comment" and kind != "word" and not (kind == "name" and keyword == "prefix"):
            keyword = ""
    return Dataset(tuple(dict.fromkeys(graphs["from"])), tuple(dict.fromkeys(graphs["named"])))


def resolve_iri(base: str, token: str) -> str:
    """Return the IRI between angle brackets, escapes read, resolved; unchanged against an empty base."""
    return urljoin(base, _ESCAPE.sub(lambda match: chr(min(int(match[0][2:], 16), 0x10FFFF)), token[1:-1]))


def _words(text: str) -> list[tuple[str, str]]:
    """The words and prefixes outside strings and the like, lower case, escapes resolved, parts of one word joined."""
    words: list[tuple[str, str]] = []
    end = -1
    for token in scan(text):
        kind = token.lastgroup or ""
        if kind in ("word", "escape", "name"):
            part = token["prefix"] or "" if kind == "name" else token[0]
            part = chr(min(int(part[2:], 16), 0x10FFFF)) if kind == "escape" else part
            if words and token.start() == end:
                words[-1] = (words[-1][0], words[-1][1] + part.lower())
            else:
                words.append(("name" if kind == "name" else "word", part.lower()))
            end = token.end()
    return words
