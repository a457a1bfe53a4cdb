"""Query and update texts as far as a remote engine makes us look into them: forms, bindings, what is left out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from service import errors
from service.store.update_request import UpdateNotReadError, split_update

GRAPH_FORMS = frozenset({"construct", "describe"})
FORMS = frozenset({"select", "ask"}) | GRAPH_FORMS

_SPACE = re.compile(r"[ \t\r\n]+")
_COMMENT = re.compile(r"#[^\r\n]*")
_WORD = re.compile(r"[A-Za-z]+")
_OPERANDS: dict[str, tuple[re.Pattern[str], ...]] = {
    "base": (re.compile(r"<[^<>\"{}|^`\x00-\x20]*>"),),
    "prefix": (re.compile(r"(?:[^\W\d_][\w.\-]*)?:"), re.compile(r"<[^<>\"{}|^`\x00-\x20]*>")),
    "version": (re.compile(r"\"[^\"\\\r\n]*\"|'[^'\\\r\n]*'"),),
}
_GROUP = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|<[^<>\"{}|^`\x00-\x20]*>|#[^\r\n]*|(?P<open>\{)")
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*:")
_EXTENSION = re.compile(r"\b(?:bif|sql|get)\s*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PreparedQuery:
    """A query as it is sent: `form` in lower case, and where its keyword stands.

    `shift` is how many characters were put before the first line.
    """

    text: str
    form: str
    start: int
    shift: int

    @property
    def counting(self) -> str:
        """A query that counts the solutions of this one, which must be a SELECT without FROM."""
        return f"{self.text[: self.start]}SELECT (COUNT(*) AS ?rows) WHERE {{ {{ {self.text[self.start :]}\n}} }}"


def prepare_query(text: str, base: str) -> PreparedQuery:
    r"""Give a query its base, and make sure that the engine reads it as the query that we read.

    Comments of the prologue are blanked, as engines differ on where one ends (Virtuoso: not at a carriage return), and
    an endpoint may take an update where a query is expected. After the prologue stands one of the four forms.

    Raises:
        MalformedQueryError: the prologue is not that of SPARQL 1.1 Query, or another word follows it.

    >>> prepare_query("# all\nASK {}", "http://e/").text
    'BASE <http://e/>      \nASK {}'
    """
    parts: list[str] = []
    position = 0
    head = f"BASE <{base}> "
    while True:
        position, blank = _skip(text, position)
        parts.append(blank)
        word = _WORD.match(text, position)
        keyword = word[0].lower() if word else ""
        if word is None or keyword not in _OPERANDS:
            break
        parts.append(word[0])
        position = word.end()
        for operand in _OPERANDS[keyword]:
            position, blank = _skip(text, position)
            match = operand.match(text, position)
            if match is None:
                raise _malformed(text, position, f"{keyword.upper()} is not followed by what belongs to it")
            if keyword == "base" and _ABSOLUTE.match(match[0]) and not "".join(parts[:-1]).strip():
                head = ""  # Virtuoso takes one BASE only
            parts += [blank or " ", match[0]]
            position = match.end()
    if keyword not in FORMS:
        raise _malformed(text, position, "a query is one of SELECT, ASK, CONSTRUCT and DESCRIBE")
    start = len(head) + sum(map(len, parts))
    return PreparedQuery(head + "".join(parts) + text[position:], keyword, start, len(head))


def head_of_update(text: str, base: str) -> str:
    r"""Return what gives an update its base: nothing where it begins with one, as Virtuoso takes one BASE only.

    >>> head_of_update("CLEAR ALL", "http://e/"), head_of_update("# mine\nbase <http://own/> CLEAR ALL", "http://e/")
    ('BASE <http://e/> ', '')
    """
    position, _ = _skip(text, 0)
    word = _WORD.match(text, position)
    return "" if word and word[0].lower() == "base" else f"BASE <{base}> "


def leave_loads_out(text: str) -> str:
    r"""Return an update in which LOAD does nothing, as LOAD SILENT in a store of our own; others are refused before.

    >>> leave_loads_out("CLEAR ALL ; LOAD SILENT <http://e/>\n ; CLEAR ALL")
    'CLEAR ALL ; INSERT DATA {} ; CLEAR ALL'

    Raises:
        EgressRefusedError: LOAD stands in a request that cannot be told apart into operations.
    """
    try:
        operations = split_update(text)
    except UpdateNotReadError as exc:
        if "load" in _unescape(text).lower():
            raise errors.EgressRefusedError(
                "The update cannot be read, and LOAD may be in it, which is refused."
            ) from exc
        return text
    for operation in reversed(operations):
        if operation.kind == "load":
            start = len(operation.prologue)
            text = f"{text[:start]}INSERT DATA {{}} {text[start + len(operation.text) :]}"
    return text


def refuse_extensions(text: str) -> None:
    """Refuse words by which Virtuoso calls functions of its server, which can send requests and read its settings.

    They are refused wherever they stand, in strings too: the engine's idea of a string need not be ours.

    Raises:
        EgressRefusedError: `bif:`, `sql:` or `get:` occurs.
    """
    if match := _EXTENSION.search(_unescape(text)):
        raise errors.EgressRefusedError(
            f"'{match[0]}' is refused: the store behind this endpoint may take it for a function of its server. "
            "Choose another prefix."
        )


def bind(text: str, terms: Mapping[str, str]) -> str:
    """Put terms, written as in N-Triples, in the place of variables: VALUES at the start of the outermost group.

    >>> bind("SELECT ?s WHERE { ?s ?p ?o }", {"s": "<http://e/a>"})
    'SELECT ?s WHERE { VALUES (?s) { (<http://e/a>) } ?s ?p ?o }'

    Raises:
        ValueError: the query has no group.
    """
    if not terms:
        return text
    brace = next((match.end() for match in _GROUP.finditer(text) if match["open"]), None)
    if brace is None:
        raise ValueError("the query has no group")
    names = " ".join(f"?{name}" for name in terms)
    return f"{text[:brace]} VALUES ({names}) {{ ({' '.join(terms.values())}) }}{text[brace:]}"


def _skip(text: str, position: int) -> tuple[int, str]:
    """Pass over spaces and comments; return where they end, and the same with comments blanked."""
    parts: list[str] = []
    while match := _SPACE.match(text, position) or _COMMENT.match(text, position):
        parts.append(" " * len(match[0]) if match[0].startswith("#") else match[0])
        position = match.end()
    return position, "".join(parts)


def _malformed(text: str, position: int, what: str) -> errors.MalformedQueryError:
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    return errors.MalformedQueryError(f"Line {line}, column {column}: {what}.", line=line, column=column)


def _unescape(text: str) -> str:
    return re.sub(r"\\u([0-9A-Fa-f]{4})|\\U0000([0-9A-Fa-f]{4})", lambda m: chr(int(m[1] or m[2], 16)), text)
