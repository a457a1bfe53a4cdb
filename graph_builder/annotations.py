"""Say in RDF where words stand: Web Annotation targets with a position and a quote selector.

Source: https://www.w3.org/TR/annotation-model/ (position selector 4.2.5, quote selector 4.2.4).
"""

from collections.abc import Iterator

from rdflib import Literal, URIRef
from rdflib.namespace import RDF, XSD
from rdflib.term import Node

from graph_builder.model import CleanText, Span
from graph_builder.vocab import AIG, OA

CONTEXT_CHARS = 32
"""Code points of prefix and suffix: what Hypothesis and Apache Annotator store by default."""

Triple = tuple[Node, Node, Node]


def to_integer(value: int) -> Literal:
    """Return an `xsd:integer`, lexical form as the store keeps it."""
    return Literal(str(value), datatype=XSD.integer, normalize=False)


def tag_of_clean(language: str) -> str:
    """Return the language tag of the cleaned reading: Chinese is in simplified characters there.

    >>> tag_of_clean("zh-Hant"), tag_of_clean("fr")
    ('zh-Hans', 'fr')
    """
    return "zh-Hans" if language.split("-")[0] == "zh" else language


def annotate(
    annotation: URIRef, kind: URIRef, body: URIRef, source: URIRef, text: CleanText, span: Span, language: str
) -> Iterator[Triple]:
    """Yield the triples of one annotation.

    Args:
        annotation: its IRI; target and selectors hang on it by fragments.
        kind: `aig:Evidence` or `aig:Mention`.
        body: what the words bear (a statement) or name (a concept).
        source: the text version.
        text: its reading; `span` is in the clean frame, what is written is in the raw one.
        span: the words.
        language: BCP 47 tag of the raw text.
    """
    raw = text.raw_span(span)
    target, position, quote = (URIRef(f"{annotation}#{part}") for part in ("target", "position", "quote"))
    yield annotation, RDF.type, kind
    yield annotation, OA.hasBody, body
    yield annotation, OA.motivatedBy, OA.identifying
    yield annotation, OA.hasTarget, target
    yield annotation, AIG.normalizedQuote, Literal(text.clean[span.start : span.end], lang=tag_of_clean(language))
    yield target, RDF.type, OA.SpecificResource
    yield target, OA.hasSource, source
    yield target, OA.hasSelector, position
    yield target, OA.hasSelector, quote
    yield position, RDF.type, OA.TextPositionSelector
    yield position, OA.start, to_integer(raw.start)
    yield position, OA.end, to_integer(raw.end)
    yield quote, RDF.type, OA.TextQuoteSelector
    yield quote, OA.exact, Literal(text.raw[raw.start : raw.end], lang=language)
    yield quote, OA.prefix, Literal(text.raw[max(0, raw.start - CONTEXT_CHARS) : raw.start])
    yield quote, OA.suffix, Literal(text.raw[raw.end : raw.end + CONTEXT_CHARS])
