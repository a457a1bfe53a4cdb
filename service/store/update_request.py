"""Take a SPARQL 1.1 Update request apart into its operations: https://www.w3.org/TR/sparql11-update/#updateLanguage.

The parts stay text; `delta.py` has the engine read them.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from service.tokens import scan

_PROLOGUE = {"base": "iri", "prefix": "iri", "version": "string"}
"""What each declaration of a prologue ends with."""
_SILENT = "silent"


class UpdateNotReadError(ValueError):
    """The request is not a sequence of operations that we can tell apart."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        kind: "insert data", "delete data", "delete where", "modify", "load", "clear", "drop", "create", "add", "move"
            or "copy".
        prologue: the declarations before it, at their places, everything else blank; as long as what precedes it.
        text: the operation itself.
        is_silent: whether it fails without an error.
        graphs: of CLEAR and DROP one, of ADD, MOVE and COPY two: IRIs or prefixed names as written, or "default",
            "named", "all".
        with_graph: the graph of WITH as written, or empty.
        delete, insert: the templates with their braces, or empty; of INSERT DATA and DELETE DATA the data.
        using, using_named: graphs as written, in order.
        pattern: what follows WHERE, with its braces, or empty.
        blank_nodes: labels that it uses.
    """

    kind: str
    prologue: str
    text: str
    is_silent: bool = False
    graphs: tuple[str, ...] = ()
    with_graph: str = ""
    delete: str = ""
    insert: str = ""
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()
    pattern: str = ""
    blank_nodes: frozenset[str] = field(default_factory=frozenset)

    @property
    def needs_state(self) -> bool:
        """Tell whether what it does depends on what is stored."""
        return self.kind not in ("insert data", "delete data", "load")


class _Item(NamedTuple):
    """A token outside braces, or a whole group in braces."""

    kind: str
    text: str

    @property
    def word(self) -> str:
        return self.text.lower() if self.kind == "word" else ""


def split_update(text: str) -> list[Operation]:
    """Return the operations of a request in order, maybe none; their texts are not checked.

    A prologue may stand before each operation and holds for those that follow (SPARQL 1.1 grammar, rule 29).

    Raises:
        UpdateNotReadError: braces that do not match, or an operation of no known form.

    >>> [o.kind for o in split_update("PREFIX : <http://e/> INSERT DATA { :a :b 1 } ; CLEAR SILENT DEFAULT")]
    ['insert data', 'clear']
    """
    operations: list[Operation] = []
    prologue, items, blanks = [" " if c not in "\r\n" else c for c in text], [], set()
    start = opened = -1
    depth, declaring, declared_from = 0, "", 0
    for token in scan(text):
        kind, word = token.lastgroup or "", token[0].lower()
        if kind == "comment":
            continue
        if kind == "blank":
            blanks.add(token[0])
        if declaring:
            if kind == declaring:
                prologue[declared_from : token.end()] = text[declared_from : token.end()]
                declaring = ""
        elif depth == 0 and start < 0 and kind == "word" and word in _PROLOGUE:
            declaring, declared_from = _PROLOGUE[word], token.start()
        elif token[0] == "{":
            opened = token.start() if depth == 0 else opened
            depth += 1
        elif token[0] == "}":
            depth -= 1
            if depth < 0:
                raise UpdateNotReadError("a closing brace without an opening one")
            if depth == 0:
                items.append(_Item("group", text[opened : token.end()]))
        elif depth == 0 and token[0] == ";":
            if start < 0:
                raise UpdateNotReadError("a semicolon without an operation before it")
            operations.append(_read(items, "".join(prologue[:start]), text[start : token.start()], frozenset(blanks)))
            items, blanks, start = [], set(), -1
            continue
        elif depth == 0:
            items.append(_Item(kind, token[0]))
        if start < 0 and items:
            start = token.start()
        elif start < 0 and depth:
            raise UpdateNotReadError("a group without a keyword before it")
    if depth or declaring:
        raise UpdateNotReadError("the request ends too early")
    if start >= 0:
        operations.append(_read(items, "".join(prologue[:start]), text[start:], frozenset(blanks)))
    return operations


def _read(items: list[_Item], prologue: str, text: str, blanks: frozenset[str]) -> Operation:
    """Read the items of one operation."""
    words = [item.word for item in items]
    common: dict[str, Any] = {"prologue": prologue, "text": text, "blank_nodes": blanks}
    match words:
        case ["insert", "data", _] if items[2].kind == "group":
            return Operation("insert data", insert=items[2].text, **common)
        case ["delete", "data", _] if items[2].kind == "group":
            return Operation("delete data", delete=items[2].text, **common)
        case ["delete", "where", _] if items[2].kind == "group":
            return Operation("delete where", delete=items[2].text, pattern=items[2].text, **common)
        case [("clear" | "drop" | "create" | "add" | "move" | "copy") as kind, *_]:
            rest = items[1:]
            is_silent = bool(rest) and rest[0].word == _SILENT
            return Operation(kind, is_silent=is_silent, graphs=_read_graphs(kind, rest[is_silent:]), **common)
        case ["load", *_]:
            return Operation("load", is_silent=len(words) > 1 and words[1] == _SILENT, **common)
        case ["with" | "insert" | "delete", *_]:
            return _read_modify(items, common)
    raise UpdateNotReadError(f"no operation of SPARQL 1.1 Update begins with {items[0].text[:40]!r}")


def _read_graphs(kind: str, items: list[_Item]) -> tuple[str, ...]:
    """Read what CLEAR, DROP, CREATE, ADD, MOVE and COPY name."""
    graphs: list[str] = []
    expected = 2 if kind in ("add", "move", "copy") else 1
    for item in items:
        if item.kind in ("iri", "name"):
            graphs.append(item.text)
        elif item.word in ("default", "named", "all"):
            graphs.append(item.word)
        elif item.word not in ("graph", "to"):
            raise UpdateNotReadError(f"{kind.upper()} does not go on with {item.text[:40]!r}")
    if len(graphs) != expected:
        raise UpdateNotReadError(f"{kind.upper()} takes {expected} graph{'s' * (expected - 1)}, not {len(graphs)}")
    return tuple(graphs)


def _read_modify(items: list[_Item], common: dict[str, Any]) -> Operation:
    """Read `WITH … DELETE {…} INSERT {…} USING … WHERE {…}`, of which only WHERE and one template must be there."""
    parts: dict[str, Any] = {"using": (), "using_named": ()}
    place = 0
    while place < len(items):
        key, value = items[place].word, items[place + 1] if place + 1 < len(items) else _Item("", "")
        if key == "using" and value.word == "named":
            value = items[place + 2] if place + 2 < len(items) else _Item("", "")
            key, place = "using_named", place + 1
        if key in ("using", "using_named") and value.kind in ("iri", "name"):
            parts[key] += (value.text,)
        elif key == "with" and value.kind in ("iri", "name") and place == 0:
            parts["with_graph"] = value.text
        elif key in ("delete", "insert", "where") and value.kind == "group" and _PART[key] not in parts:
            parts[_PART[key]] = value.text
        else:
            raise UpdateNotReadError(f"an operation does not go on with {items[place].text[:40]!r}")
        place += 2
    if "pattern" not in parts or not ("delete" in parts or "insert" in parts):
        raise UpdateNotReadError("an operation has no WHERE, or neither DELETE nor INSERT")
    return Operation("modify", **parts, **common)


_PART = {"delete": "delete", "insert": "insert", "where": "pattern"}
