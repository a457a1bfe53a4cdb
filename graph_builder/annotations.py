"""Say in RDF where words stand: Web Annotation targets with a position and a quote selector.

Source: https://www.w3.org/TR/annotation-model/ (position selector 4.2.5, quote selector 4.2.4).
"""

from collections.abc import Iterator
from typing import NamedTuple

from rdflib import Literal, URIRef
from rdflib.namespace import RDF, XSD
from rdflib.term import Node

from graph_builder.iri import to_iri
from graph_builder.model import CleanText, Span
from graph_builder.vocab import AIG, OA

CONTEXT_CHARS = 32
"""Code points of prefix and suffix: what Hypothesis and Apache Annotator store by default."""

Triple = tuple[Node, Node, Node]


class Annotation(NamedTuple):
    """Words of a text (`span`, clean frame) that bear or name something: sixteen triples, written by `annotate`.

    `iri` is its own, target and selectors hang on it by fragments; `kind` is `aig:Evidence` or `aig:Mention`, `body`
    what the words bear (a statement) or name (a concept).
    """

    iri: URIRef
    kind: URIRef
    body: URIRef
    span: Span


class Words(NamedTuple):
    """The words of a span as an annotation quotes them: raw offsets in digits, clean reading, raw words, context."""

    start: str
    end: str
    clean: str
    exact: str
    prefix: str
    suffix: str


def to_integer(value: int) -> Literal:
    """Return an `xsd:integer`, lexical form as the store keeps it."""
    return _integer(str(value))


def tag_of_clean(language: str) -> str:
    """Return the language tag of the cleaned reading: Chinese is in simplified characters there.

    >>> tag_of_clean("zh-Hant"), tag_of_clean("fr")
    ('zh-Hans', 'fr')
    """
    return "zh-Hans" if language.split("-")[0] == "zh" else language


def quote_words(text: CleanText, span: Span) -> Words:
    """Return the words of a clean span."""
    raw, (start, end) = text.raw, text.raw_range(span)
    return Words(
        str(start),
        str(end),
        text.clean[span.start : span.end],
        raw[start:end],
        raw[max(0, start - CONTEXT_CHARS) : start],
        raw[end : end + CONTEXT_CHARS],
    )


def annotate(annotation: Annotation, words: Words, source: URIRef, language: str) -> Iterator[Triple]:
    """Yield the triples of one annotation in `source`, a text version whose raw text is in `language` (BCP 47)."""
    iri = annotation.iri
    target, position, quote = (to_iri(f"{iri}#{part}") for part in ("target", "position", "quote"))
    yield iri, RDF.type, annotation.kind
    yield iri, OA.hasBody, annotation.body
    yield iri, OA.motivatedBy, OA.identifying
    yield iri, OA.hasTarget, target
    yield iri, AIG.normalizedQuote, Literal(words.clean, lang=tag_of_clean(language))
    yield target, RDF.type, OA.SpecificResource
    yield target, OA.hasSource, source
    yield target, OA.hasSelector, position
    yield target, OA.hasSelector, quote
    yield position, RDF.type, OA.TextPositionSelector
    yield position, OA.start, _integer(words.start)
    yield position, OA.end, _integer(words.end)
    yield quote, RDF.type, OA.TextQuoteSelector
    yield quote, OA.exact, Literal(words.exact, lang=language)
    yield quote, OA.prefix, Literal(words.prefix)
    yield quote, OA.suffix, Literal(words.suffix)


def _integer(digits: str) -> Literal:
    return Literal(digits, datatype=XSD.integer, normalize=False)
