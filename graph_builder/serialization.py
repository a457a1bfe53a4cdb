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
_TURTLE_INTEGER = re.compile(r"-?[0-9]+")


def format_term(term: Node) -> str:
    r"""Return a term in N-Quads.

    >>> format_term(Literal('a "b"\n', lang="en"))
    '"a \\"b\\"\\n"@en'
    """
    if isinstance(term, URIRef):
        return _format_iri(term)
    if isinstance(term, BNode):
        return f"_:{term}"
    if not isinstance(term, Literal):
        raise TypeError(f"{term!r} is no RDF term")
    quoted = f'"{str(term).translate(_TO_ESCAPE)}"'
    if term.language:
        return f"{quoted}@{term.language}"
    if term.datatype is None or term.datatype == XSD.string:
        return quoted
    return f"{quoted}^^{_format_iri(term.datatype)}"


@lru_cache(maxsize=1 << 16)
def _format_iri(iri: str) -> str:
    return f"<{_IRI_FORBIDDEN.sub(lambda found: f'%{ord(found[0]):02X}', iri)}>"


def format_nquads(quads: Iterable[Quad]) -> Iterator[str]:
    """Yield the lines of a dump, sorted by code point, each once, each with its line feed."""
    yield from sorted({" ".join(map(format_term, quad)) + " .\n" for quad in quads})


def format_turtle_block(quads: Iterable[Quad], indent: str = "") -> Iterator[str]:
    """Yield the triples of one graph as Turtle lines: subjects, predicates (`a` first) and objects in order."""
    lines = sorted({(_abbreviate(s), _abbreviate_verb(p), _abbreviate(o)) for s, p, o, _ in quads}, key=_verb_order)
    for subject, triples in groupby(lines, key=itemgetter(0)):
        verbs = []
        for verb, group in groupby(triples, key=itemgetter(1)):
            verbs.append(f"{verb} " + ", ".join(triple[2] for triple in group))
        yield f"{indent}{subject} " + f" ;\n{indent}    ".join(verbs) + " .\n"


def format_header() -> Iterator[str]:
    """Yield the base and the prefixes that the blocks of `format_turtle_block` rely on."""
    yield f"@base <{BASE}> .\n"
    for prefix, namespace in sorted(PREFIXES.items()):
        yield f"@prefix {prefix}: <{namespace}> .\n"


def format_trig(graphs: Iterable[tuple[URIRef, Iterable[Quad]]]) -> Iterator[str]:
    """Yield a TriG document of named graphs, in the order given."""
    yield from format_header()
    for name, quads in graphs:
        yield f"\n{_abbreviate(name)} {{\n"
        yield from format_turtle_block(quads, indent="    ")
        yield "}\n"


def format_turtle_graph(quads: Iterable[Quad]) -> Iterator[str]:
    """Yield a Turtle document of one named graph."""
    yield from format_header()
    yield "\n"
    yield from format_turtle_block(quads)


def _verb_order(line: tuple[str, str, str]) -> tuple[str, bool, str, str]:
    return line[0], line[1] != "a", line[1], line[2]


def _abbreviate_verb(term: Node) -> str:
    return "a" if term == RDF.type else _abbreviate(term)


def _abbreviate(term: Node) -> str:
    if isinstance(term, URIRef):
        return _abbreviate_iri(term)
    if isinstance(term, Literal) and term.datatype is not None and term.language is None:
        if term.datatype == XSD.integer and _TURTLE_INTEGER.fullmatch(str(term)):
            return str(term)
        if term.datatype != XSD.string:
            return f'"{str(term).translate(_TO_ESCAPE)}"^^{_abbreviate_iri(term.datatype)}'
    return format_term(term)


@lru_cache(maxsize=1 << 16)
def _abbreviate_iri(iri: str) -> str:
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace) and _LOCAL_NAME.fullmatch(iri, len(namespace)):
            return f"{prefix}:{iri[len(namespace) :]}"
    if iri.startswith(BASE) and _RELATIVE_IRI.fullmatch(iri, len(BASE)):
        return f"<{iri[len(BASE) :]}>"
    return _format_iri(iri)
