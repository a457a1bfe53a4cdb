r"""Write rdflib terms as N-Quads, Turtle and TriG: the same bytes for the same quads, and fast.

Source: https://www.w3.org/TR/n-quads/ ; escapes as in canonical N-Quads, https://www.w3.org/TR/rdf12-n-quads/#canonical-quads.
Blank nodes come labelled by the caller (`graph_builder.blank_nodes`).
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from rdflib import BNode, Literal, URIRef
from rdflib.namespace import RDF, XSD
from rdflib.term import Node

from graph_builder.quads import Quad
from graph_builder.vocab import BASE, PREFIXES

_ESCAPES = {chr(code): f"\\u{code:04X}" for code in (*range(0x20), 0x7F)} | {
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
    '"': '\\"',
    "\\": "\\\\",
}
_TO_ESCAPE = str.maketrans(_ESCAPES)
_IRI_FORBIDDEN = re.compile(r'[\x00-\x20<>"{}|^`\\]')
_LOCAL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_RELATIVE_IRI = re.compile(r"[A-Za-z][A-Za-z0-9-]*/[A-Za-z0-9_/#-]+")
_RDF_TYPE, _XSD_INTEGER, _XSD_STRING = str(RDF.type), str(XSD.integer), str(XSD.string)
_TURTLE_INTEGER = re.compile(r"-?[0-9]+")


def format_term(term: Node) -> str:
    r"""Return a term in N-Quads.

    >>> format_term(Literal('a "b"\n', lang="en"))
    '"a \\"b\\"\\n"@en'
    """
    if isinstance(term, URIRef):
        return _format_iri(str(term))  # a plain string: rdflib's own hash is ten times slower
    if isinstance(term, Literal):
        return _format_literal(term)
    if isinstance(term, BNode):
        return f"_:{term}"
    raise TypeError(f"{term!r} is no RDF term")


def _format_literal(term: Literal) -> str:
    quoted = f'"{escape(str(term))}"'
    if term.language:
        return f"{quoted}@{term.language}"
    datatype = str(term.datatype or _XSD_STRING)
    return quoted if datatype == _XSD_STRING else f"{quoted}^^{_format_iri(datatype)}"


def escape(words: str) -> str:
    r"""Return the words of a literal as they stand between the quotation marks.

    >>> print(escape('a "b"'))
    a \"b\"
    """
    return words.translate(_TO_ESCAPE) if needs_escape(words) else words


def needs_escape(words: str) -> bool:
    """Tell whether `escape` may change the words; nearly always it does not, and this is ten times faster."""
    return not words.isprintable() or '"' in words or "\\" in words


@lru_cache(maxsize=1 << 16)
def _format_iri(iri: str) -> str:
    return f"<{_IRI_FORBIDDEN.sub(lambda found: f'%{ord(found[0]):02X}', iri)}>"


def format_nquads(quads: Iterable[Quad]) -> Iterator[str]:
    """Yield the lines of a dump, sorted by code point, each once, each with its line feed."""
    yield from sorted({" ".join(map(format_term, quad)) + " .\n" for quad in quads})


def format_turtle_block(quads: Iterable[Quad]) -> list[str]:
    """Return the triples of one graph as Turtle, a subject an entry, all in order (but `a` before other predicates).

    The entries rely on the base and the prefixes of `format_turtle` and `format_trig`.
    """
    lines = sorted({(_abbreviate(s), _abbreviate_verb(p), _abbreviate(o)) for s, p, o, _ in quads}, key=_verb_order)
    entries = []
    for subject, triples in groupby(lines, key=itemgetter(0)):
        verbs = [
            f"{verb} " + ", ".join(triple[2] for triple in group) for verb, group in groupby(triples, key=itemgetter(1))
        ]
        entries.append(f"{subject} " + " ;\n    ".join(verbs) + " .\n")
    return entries


def format_turtle(block: Iterable[str]) -> Iterator[str]:
    """Yield a Turtle document of one block."""
    yield from _format_header()
    yield "\n"
    yield from block


def format_trig(blocks: Iterable[tuple[URIRef, Iterable[str]]]) -> Iterator[str]:
    """Yield a TriG document of named graphs and their blocks, in the order given."""
    yield from _format_header()
    for name, block in blocks:
        yield f"\n{_abbreviate(name)} {{\n"
        yield from block
        yield "}\n"


def _format_header() -> Iterator[str]:
    yield f"@base <{BASE}> .\n"
    for prefix, namespace in sorted(PREFIXES.items()):
        yield f"@prefix {prefix}: <{namespace}> .\n"


def _verb_order(line: tuple[str, str, str]) -> tuple[str, bool, str, str]:
    return line[0], line[1] != "a", line[1], line[2]


def _abbreviate_verb(term: Node) -> str:
    return "a" if str(term) == _RDF_TYPE else _abbreviate(term)


def _abbreviate(term: Node) -> str:
    if isinstance(term, URIRef):
        return _abbreviate_iri(str(term))
    if isinstance(term, Literal) and term.datatype is not None:
        datatype = str(term.datatype)
        if datatype == _XSD_INTEGER and _TURTLE_INTEGER.fullmatch(str(term)):
            return str(term)
        if datatype != _XSD_STRING:
            return f'"{escape(str(term))}"^^{_abbreviate_iri(datatype)}'
    return format_term(term)


@lru_cache(maxsize=1 << 16)
def _abbreviate_iri(iri: str) -> str:
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace) and _LOCAL_NAME.fullmatch(iri, len(namespace)):
            return f"{prefix}:{iri[len(namespace) :]}"
    if iri.startswith(BASE) and _RELATIVE_IRI.fullmatch(iri, len(BASE)):
        return f"<{iri[len(BASE) :]}>"
    return _format_iri(iri)
