"""Mint the IRIs of the graph; the only place that knows how they are built (design: `{kind}/{slug}` under the base)."""

import hashlib
import json
from functools import lru_cache
from json.encoder import encode_basestring

from rdflib import URIRef

from graph_builder.vocab import BASE

GRAPH_ONTOLOGY = URIRef(BASE + "graph/ontology")
GRAPH_VOCABULARY = URIRef(BASE + "graph/vocabulary")
GRAPH_DERIVED = URIRef(BASE + "graph/derived")
GRAPH_CATALOG = URIRef(BASE + "graph/catalog")


def to_iri(iri: str) -> URIRef:
    """Return an IRI that is well-formed by construction: unlike the constructor's check, this takes no time."""
    return str.__new__(URIRef, iri)


@lru_cache(maxsize=1 << 13)
def mint(identifier: str) -> URIRef:
    """Return the IRI of a vocabulary id such as `principle/fairness` or `actor/china`.

    >>> mint("actor/china")
    rdflib.term.URIRef('https://w3id.org/aigov/actor/china')
    """
    return to_iri(BASE + identifier)


def identifier_of(iri: str) -> str | None:
    """Return the id under the base (`actor/china`), or None for an IRI of somebody else.

    >>> identifier_of("https://w3id.org/aigov/actor/china")
    'actor/china'
    """
    return iri[len(BASE) :] if iri.startswith(BASE) else None


def mint_key(*parts: object) -> str:
    """Hash `parts` (JSON-able, in order) to 16 hexadecimal digits; injective in the parts up to the hash.

    >>> mint_key("1", "23") == mint_key("12", "3")
    False
    """
    text = f"[{','.join(map(_to_json, parts))}]"
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def _to_json(part: object) -> str:
    """Write one part as `json.dumps` does; its own encoder would be built anew for every call."""
    if type(part) is str:
        return encode_basestring(part)
    return str(part) if type(part) is int else json.dumps(part, ensure_ascii=False, separators=(",", ":"))


def mint_unique(kind: str, *parts: object) -> URIRef:
    """Return the IRI of one thing of a kind, by the key of its `parts`: `mention/0123456789abcdef`."""
    return to_iri(f"{BASE}{kind}/{mint_key(*parts)}")


def mint_work(work: str) -> URIRef:
    """Return the IRI of a work, whatever its kind: `instrument/{work}`."""
    return mint(f"instrument/{work}")


def mint_text(work: str, language: str) -> URIRef:
    """Return the IRI of a text version: `text/{work}/{language}`, language in BCP 47 case (zh-Hans)."""
    return mint(f"text/{work}/{language}")


def mint_clause(work: str, path: str) -> URIRef:
    """Return the IRI of a clause of a work: `clause/{work}/{path}`, path such as `2/6`; language versions share it."""
    return mint(f"clause/{work}/{path}")


def mint_document_graph(work: str) -> URIRef:
    """Return the named graph that holds everything said by and about one work."""
    return mint(f"graph/document/{work}")
