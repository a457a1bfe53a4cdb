"""Write what texts say straight as N-Quads: the very lines of `to_quads`, without a term of rdflib for each of them.

Five quads of six belong to annotations. Their lines are the same but for a few words, so they are filled into a
template, which is what `annotate` says of an annotation with gaps.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from rdflib import URIRef
from rdflib.term import Node

from graph_builder.annotations import Annotation, Triple, Words, annotate, quote_words
from graph_builder.iri import mint_document_graph, to_iri
from graph_builder.model import CleanText, Extraction, Span
from graph_builder.quads import Quad, VocabularyLinks, list_clauses, list_facts, mint_text_of
from graph_builder.serialization import escape, format_nquads, format_term, needs_escape

Fill = Callable[[tuple[bytes, ...]], bytes]
"""Writes the lines of an annotation with these values in the gaps, in the order of `_GAPS`."""

_IRIS = tuple(to_iri(f"gap:{name}:") for name in ("annotation", "body", "text", "graph"))
_WORDS = Words("9000000000000000001", "9000000000000000002", *"\ue000\ue001\ue002\ue003")
_GAPS = (*map(str, _IRIS), *_WORDS)


def format_work(
    versions: Sequence[Extraction], links: VocabularyLinks, aligned: Iterable[Quad] = ()
) -> Iterator[bytes]:
    """Yield what `format_nquads` makes of `to_quads` and of the `aligned` quads, in UTF-8, in pieces of whole lines.

    The pieces come in the order of their lines, and no line comes twice.
    """
    lines = _Lines(mint_document_graph(versions[0].document.registration.work))
    for extraction in versions:
        lines.add_facts(extraction, links)
    for triple in list_clauses(versions):
        lines.add(triple)
    for subject, predicate, value, _ in aligned:
        lines.add((subject, predicate, value))
    yield from lines.write()


class _Source(NamedTuple):
    """The text version that annotations stand in."""

    text: CleanText
    language: str
    iri: bytes


class _Lines:
    """The lines of one graph: single ones, and the annotations, whose lines are made when they are written.

    All subjects of an annotation begin with its IRI and a #, or are the IRI: `<IRI#` sorts where all its lines do.
    """

    def __init__(self, graph: URIRef) -> None:
        self._single: set[bytes] = set()
        self._annotations: dict[bytes, tuple[Annotation, _Source]] = {}
        self._graph = _inside(graph)
        self._end = f" {format_term(graph)} .\n"
        self._subject: Node | None = None
        self._begin = ""

    def add(self, triple: Triple) -> None:
        """Add a triple."""
        subject, predicate, value = triple
        if subject is not self._subject:  # many triples in a row have the same one
            self._subject, self._begin = subject, format_term(subject)
        self._single.add(f"{self._begin} {format_term(predicate)} {format_term(value)}{self._end}".encode())

    def add_facts(self, extraction: Extraction, links: VocabularyLinks) -> None:
        """Add what one text version says."""
        language = extraction.document.registration.language
        source = _Source(extraction.text, language, _inside(mint_text_of(extraction)))
        for fact in list_facts(extraction, links):
            if isinstance(fact, Annotation):
                self._annotations[b"<%b#" % fact.iri.encode()] = fact, source
            else:
                self.add(fact)

    def write(self) -> Iterator[bytes]:
        """Yield the lines in order."""
        for line in sorted([*self._single, *self._annotations]):
            found = self._annotations.get(line)
            yield line if found is None else self._fill(*found)

    def _fill(self, annotation: Annotation, source: _Source) -> bytes:
        words: Sequence[str] = quote_words(source.text, annotation.span)
        if needs_escape("".join(words)):
            words = list(map(escape, words))
        iris = (annotation.iri.encode(), _inside(annotation.body), source.iri, self._graph)
        return _make_template(str(annotation.kind), source.language)((*iris, *map(str.encode, words)))


def _inside(iri: URIRef) -> bytes:
    """Return an IRI as N-Quads write it between the angle brackets."""
    return format_term(iri)[1:-1].encode()


@lru_cache
def _make_template(kind: str, language: str) -> Fill:
    """Return what writes the annotations of one kind in texts of one language."""
    iri, body, source, graph = _IRIS
    triples = annotate(Annotation(iri, to_iri(kind), body, Span(0, 1)), _WORDS, source, language)
    lines = "".join(format_nquads((*triple, graph) for triple in triples))
    pieces = re.split(f"({'|'.join(_GAPS)})", lines)  # fixed words at even places, gaps at odd ones
    fixed = tuple(piece.encode() for piece in pieces[::2])
    places = (_GAPS.index(piece) if at % 2 else len(_GAPS) + at // 2 for at, piece in enumerate(pieces))
    pick = itemgetter(*places)
    return lambda values: b"".join(pick(values + fixed))
