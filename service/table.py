"""Lay SPARQL results out as a table of text: columns aligned by what a terminal shows, wide characters as two."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from wcwidth import wcswidth, wrap

from service.links import shorten

_NUMERIC = frozenset(
    f"http://www.w3.org/2001/XMLSchema#{name}"
    for name in ("integer", "decimal", "double", "float", "nonNegativeInteger")
)
_GAP = "  "
_LEAST_COLUMNS = 8
"""A column is not made narrower than this to fit a terminal."""


def format_results(document: Mapping[str, Any], width: int | None = None) -> str:
    """Return the solutions of SPARQL results in JSON as a table, or `yes` or `no`; ends with a line end.

    Own IRIs are short, literals show their words only, numbers stand to the right, what is unbound is empty.

    Args:
        document: the parsed JSON.
        width: columns of the terminal, into which the cells are wrapped; None leaves every row on one line.

    >>> value = {"type": "literal", "value": "原则"}
    >>> print(format_results({"head": {"vars": ["a", "b"]}, "results": {"bindings": [{"a": value}]}}), end="")
    a     b
    ----  -
    原则

    Raises:
        KeyError, TypeError, AttributeError: the document is not of that form.
    """
    if "boolean" in document:
        return "yes\n" if document["boolean"] else "no\n"
    names: list[str] = list(document["head"]["vars"])
    bindings: list[Mapping[str, Any]] = list(document["results"]["bindings"])
    rows = [[_show(binding.get(name)) for name in names] for binding in bindings]
    to_right = [_is_numeric([b[name] for b in bindings if name in b]) for name in names]
    widths = _fit([max(map(width_of, column)) for column in zip(names, *rows, strict=True)], width)
    rule = ["-" * width for width in widths]
    return "".join(_line(c, widths, to_right) for row in (names, rule, *rows) for c in _wrap(row, widths))


def width_of(text: str) -> int:
    """Return how many columns of a terminal a text takes; nothing in it moves the cursor."""
    return max(0, wcswidth(text))


def clean_line(text: str) -> str:
    r"""Return a text on one line, without characters that steer a terminal.

    >>> clean_line("a\n b \x1b[2J")
    'a b [2J'
    """
    return " ".join("".join(" " if c.isspace() else c for c in text if c.isspace() or _is_shown(c)).split())


def _is_shown(character: str) -> bool:
    """Controls, and marks that reverse the direction of what follows, are not shown."""
    return unicodedata.category(character) not in ("Cc", "Cs") and not "\u202a" <= character <= "\u202e"


def _show(term: Mapping[str, Any] | None) -> str:
    match term:
        case None:
            return ""
        case {"type": "uri", "value": str(value)}:
            return clean_line(shorten(value))
        case {"type": "bnode", "value": str(value)}:
            return clean_line(f"_:{value}")
        case {"type": "triple", "value": {"subject": subject, "predicate": predicate, "object": value}}:
            return f"<<( {_show(subject)} {_show(predicate)} {_show(value)} )>>"
        case _:
            return clean_line(str(term["value"]))


def _is_numeric(terms: Sequence[Mapping[str, Any]]) -> bool:
    return bool(terms) and all(term.get("datatype") in _NUMERIC for term in terms)


def _fit(widths: list[int], room: int | None) -> list[int]:
    """Return the widths, the widest cut down as far as the room asks for."""
    space = None if room is None else room - len(_GAP) * (len(widths) - 1)
    if space is None or sum(widths) <= space:
        return widths
    caps = range(space, _LEAST_COLUMNS, -1)
    cap = next((cap for cap in caps if sum(min(width, cap) for width in widths) <= space), _LEAST_COLUMNS)
    return [min(width, cap) for width in widths]


def _wrap(cells: Sequence[str], widths: Sequence[int]) -> Iterator[Sequence[str]]:
    """Yield the lines of a row, at least one."""
    if all(width_of(cell) <= width for cell, width in zip(cells, widths, strict=True)):
        yield cells
        return
    yield from zip_longest(*(wrap(cell, width) for cell, width in zip(cells, widths, strict=True)), fillvalue="")


def _line(cells: Sequence[str], widths: Sequence[int], to_right: Sequence[bool]) -> str:
    padded = []
    for cell, width, is_right in zip(cells, widths, to_right, strict=True):
        blank = " " * (width - width_of(cell))
        padded.append(blank + cell if is_right else cell + blank)
    return _GAP.join(padded).rstrip() + "\n"
