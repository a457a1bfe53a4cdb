"""Find the calls of other endpoints in a query, and put other patterns in their places.

SPARQL 1.1 Federated Query, section 2: https://www.w3.org/TR/sparql11-federated-query/#service. Nothing is sent here.

A call is only what our tokens see as one; whatever the engine might read as a call besides stays in what is left, which
`guard.refuse_unwanted` refuses.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from service.errors import QueryFailedError
from service.sparql.guard import refuse_unwanted, resolve_iri
from service.store.remote_text import prepare_query
from service.tokens import scan

_MOST_CALLS = 16
_PROLOGUE = frozenset({"base", "prefix", "version"})
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*:")
_NOTHING = "VALUES(){}"
"""A pattern of the same place in the grammar, no longer than the shortest call."""
_SELECT = "SELECT*"
"""No longer than SERVICE."""
_SILENT_LENGTH = 4
"""So many tokens has the head of a SILENT call, the opening brace included; others have one less."""
_Token = re.Match[str]


@dataclass(frozen=True, slots=True)
class Call:
    """`SERVICE [SILENT] endpoint { … }` and its place in a query: code points, 0-based, half-open.

    Attributes:
        endpoint: the absolute IRI.
        is_silent: whether its failure counts as one solution without bindings.
        start, group, end: where SERVICE begins, where the group begins, and where the group ends.
        prologue_end: where the declarations of the query end.
    """

    endpoint: str
    is_silent: bool
    start: int
    group: int
    end: int
    prologue_end: int


def find_calls(text: str, allowed: Set[str], base: str) -> tuple[Call, ...]:
    """Return the calls of allowed endpoints, in order.

    Raises:
        EgressRefusedError: a call within a call; it would make the other endpoint reach out.
        QueryFailedError: more calls than may be, or LATERAL, which would have to call once for every solution.

    >>> find_calls("SELECT * { SERVICE <http://e/> { ?s ?p ?o } }", {"http://e/"}, "http://base/")[0].endpoint
    'http://e/'
    """
    tokens = [token for token in scan(text) if token.lastgroup != "comment"]
    names = _Names(base)
    calls: list[Call] = []
    place, prologue_end = names.read_prologue(tokens, text)
    while place < len(tokens):
        header = _read_header(text, tokens, place)
        endpoint = names.find(header[-2]) if header else None
        if endpoint is None or endpoint not in allowed:
            place += 1
            continue
        last = _find_end(tokens, place + len(header) - 1)
        if last is None:
            break  # a group without an end; the guard refuses what is left
        start, group, end = header[0].start(), header[-1].start(), tokens[last].end()
        refuse_unwanted(text[group:end], allowed)
        calls.append(Call(endpoint, len(header) == _SILENT_LENGTH, start, group, end, prologue_end))
        place = last + 1
    if len(calls) > _MOST_CALLS:
        raise QueryFailedError(f"The query calls other endpoints {len(calls)} times; {_MOST_CALLS} is the most.")
    if calls and any(token.lastgroup == "word" and "lateral" in token[0].lower() for token in tokens):
        raise QueryFailedError("SERVICE is not evaluated in a query with LATERAL; use a join.")
    return tuple(calls)


def without_calls(text: str, calls: Sequence[Call]) -> str:
    """Return the query with patterns that match nothing in the places of the calls; everything else stays in place."""
    return _replace(text, calls, [_write_over(text[call.start : call.end], _NOTHING) for call in calls])


def with_blocks(text: str, calls: Sequence[Call], blocks: Sequence[str]) -> str:
    """Return the query with blocks of one line in the places of the calls; what follows stays in its line."""
    breaks = (re.sub(r"[^\r\n]", "", text[call.start : call.end]) for call in calls)
    return _replace(text, calls, [block + each for block, each in zip(blocks, breaks, strict=True)])


def query_of(text: str, call: Call, base: str) -> str:
    """Return what the other endpoint is asked: relative IRIs mean there what they mean here.

    Raises:
        MalformedQueryError: the declarations are none.
    """
    query = f"{text[: call.prologue_end]}\nSELECT * WHERE {text[call.group : call.end]}"
    return prepare_query(query, base).text


def scope_query_of(text: str, call: Call) -> str:
    """Return the same with no solutions for our engine, which knows its variables; the group stays in its place."""
    before = text[: call.prologue_end] + _write_over(text[call.prologue_end : call.start], "")
    head = _write_over(text[call.start : call.group], _SELECT)
    return f"{before}{head}{text[call.group : call.end]} LIMIT 0"


class _Names:
    """What a query declares, and the IRIs that its names stand for."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._space_by_prefix: dict[str, str] = {}

    def read_prologue(self, tokens: Sequence[_Token], text: str) -> tuple[int, int]:
        """Read the declarations; return the number of the first token after them, and where that begins."""
        declaring = prefix = ""
        for place, token in enumerate(tokens):
            kind, word = token.lastgroup, token[0].lower()
            if kind == "word":
                if word not in _PROLOGUE:
                    return place, token.start()
                declaring = word
            elif kind == "name" and declaring == "prefix":
                prefix = token["prefix"] or ""
            elif kind == "iri" and declaring == "prefix":
                self._space_by_prefix[prefix] = self._resolve(token[0])
            elif kind == "iri" and declaring == "base":
                self._base = self._resolve(token[0])
        return len(tokens), len(text)

    def find(self, token: _Token) -> str | None:
        """Return the IRI that a token stands for, None where it stands for none."""
        if token.lastgroup == "iri":
            return self._resolve(token[0])
        space = self._space_by_prefix.get(token["prefix"] or "") if token.lastgroup == "name" else None
        return None if space is None else space + re.sub(r"\\(.)", r"\1", token["local"])

    def _resolve(self, token: str) -> str:
        return resolve_iri("" if _ABSOLUTE.match(token) else self._base, token)


def _read_header(text: str, tokens: Sequence[_Token], place: int) -> Sequence[_Token]:
    """Return `SERVICE [SILENT] … {` where it begins at a token, else nothing."""
    first = tokens[place]
    if not _is_word(first, "service") or (place and _glue(tokens[place - 1], first)):
        return ()
    is_silent = place + 1 < len(tokens) and _is_word(tokens[place + 1], "silent")
    header = tokens[place : place + (_SILENT_LENGTH if is_silent else _SILENT_LENGTH - 1)]
    return header if header[-1][0] == "{" and _are_neighbours(text, header) else ()


def _is_word(token: _Token, word: str) -> bool:
    return token.lastgroup == "word" and token[0].lower() == word


def _glue(one: _Token, other: _Token) -> bool:
    """Tell whether two tokens make one word."""
    return one.end() == other.start() and one.lastgroup in ("word", "escape", "name", "language", "blank")


def _are_neighbours(text: str, tokens: Sequence[_Token]) -> bool:
    """Tell whether nothing but blanks and comments stands between tokens."""
    gaps = (text[one.end() : other.start()] for one, other in pairwise(tokens))
    return all(not re.sub(r"#[^\r\n]*", "", gap).strip(" \t\r\n") for gap in gaps)


def _find_end(tokens: Sequence[_Token], place: int) -> int | None:
    """Return the number of the token that ends the group that begins at a token, None where none does."""
    depth = 0
    for number in range(place, len(tokens)):
        depth += {"{": 1, "}": -1}.get(tokens[number][0], 0)
        if depth == 0:
            return number
    return None


def _write_over(text: str, pattern: str) -> str:
    """Return a pattern and then blanks in the place of a text that is no shorter; line breaks stay."""
    characters = iter(pattern)
    return "".join(c if c in "\r\n" else next(characters, " ") for c in text)


def _replace(text: str, calls: Sequence[Call], blocks: Sequence[str]) -> str:
    parts, end = [], 0
    for call, block in zip(calls, blocks, strict=True):
        parts += [text[end : call.start], block]
        end = call.end
    return "".join([*parts, text[end:]])
