"""Look into a query before the engine does: refuse what would reach out to another server, with an error that says so.

This is a courtesy, not the wall: the engine has no token rules (`SERVICEa:x` calls a service), so every remaining word
that *contains* the keyword is refused, and readers cannot open a socket whatever gets through (`store/walls.py`).
"""

import re
from urllib.parse import urljoin

from service.errors import EgressRefusedError, ReadOnlyError

_TOKEN = re.compile(
    r"""
    (?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
        |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
  | (?P<iri><[^<>"{}|^`\x00-\x20]*>)
  | (?P<comment>\#[^\n\r]*)
  | (?P<variable>[?$]\w+)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<blank>_:\w(?:[\w.\-]*[\w\-])?)
  | (?P<name>(?P<prefix>[^\W\d_][\w.\-]*)?:(?P<local>(?:[\w:\-]|\.(?=[\w:\-.%\\])|%[0-9A-Fa-f]{2}|\\[^\w\s])*))
  | (?P<escape>\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})
  | (?P<word>\w+)
    """,
    re.VERBOSE | re.DOTALL,
)
_UPDATES = frozenset({"insert", "delete", "load", "clear", "drop", "create", "add", "move", "copy", "with"})
_PROLOGUE = frozenset({"base", "prefix", "version"})


def refuse_unwanted(text: str) -> None:
    """Refuse a query that calls another server, or that is an update.

    Raises:
        EgressRefusedError: a word outside strings, comments, IRIs, variables and local names contains `service`;
            prefixes count as words, as the engine may read `SERVICEa:x` as a call of `a:x`.
        ReadOnlyError: the first word after the prologue begins an update.
    """
    first = ""
    for kind, word in _words(text):
        if "service" in word:
            raise EgressRefusedError(
                "SERVICE is refused: this endpoint sends no requests to others. Query the other endpoint yourself, "
                "or load its data into a store of your own."
            )
        if kind == "word" and not first and word not in _PROLOGUE:
            first = word
    if first in _UPDATES:
        raise ReadOnlyError(f"{first.upper()} is an update; this endpoint answers queries only.")


def find_dataset(text: str, base: str) -> tuple[str, ...]:
    """Return the IRIs of FROM and FROM NAMED, resolved, in order; those that cannot be resolved are left out.

    >>> find_dataset("PREFIX g: <http://e/> SELECT * FROM g:a FROM NAMED <b> { }", "http://base/")
    ('http://e/a', 'http://base/b')
    """
    found: list[str] = []
    space_by_prefix: dict[str, str] = {}
    expecting = ""
    declared = ""
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        word = token[0].lower()
        if kind == "word":
            expecting = "from" if word == "from" or (expecting == "from" and word == "named") else word
        elif kind == "iri" and expecting == "base":
            base, expecting = urljoin(base, token[0][1:-1]), ""
        elif kind == "iri" and expecting == "prefix":
            space_by_prefix[declared], expecting = urljoin(base, token[0][1:-1]), ""
        elif kind == "name" and expecting == "prefix":
            declared = token["prefix"] or ""
        elif kind == "iri" and expecting == "from":
            if "\\" not in word:  # an escape; the engine reads it, and fetches nothing
                found.append(urljoin(base, token[0][1:-1]))
            expecting = ""
        elif kind == "name" and expecting == "from":
            space = space_by_prefix.get(token["prefix"] or "")
            if space is not None:
                found.append(space + re.sub(r"\\(.)", r"\1", token["local"]))
            expecting = ""
        elif kind != "comment":
            expecting = ""
    return tuple(found)


def _words(text: str) -> list[tuple[str, str]]:
    """The words and prefixes outside strings and the like, lower case, escapes resolved, parts of one word joined."""
    words: list[tuple[str, str]] = []
    end = -1
    for token in _TOKEN.finditer(text):
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
