"""A description as a page shows it: names in the reader's language, quotations with their places."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from graph_builder.vocab import OA
from service.languages import choose_literal
from service.linked_data.description import Description, Properties
from service.links import shorten
from service.store.terms import Term, literal

_RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_MOST_CHARS = 140


@dataclass(frozen=True, slots=True)
class Node:
    """A resource or a part of it, with its properties by predicate."""

    term: Term
    properties: list[tuple[Term, list[Term]]]

    @property
    def fragment(self) -> str:
        """The part after `#`, or nothing."""
        return self.term.value.partition("#")[2]


@dataclass(frozen=True, slots=True)
class Quotation:
    """The exact words, the text they stand in, and where: 0-based, half-open, code points of the raw source."""

    exact: Term
    source: Term | None = None
    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True)
class EntityView:
    """What the template of a resource asks for."""

    description: Description
    ranges: Sequence[str]
    _names: dict[Term, Term] = field(default_factory=dict)

    @property
    def iri(self) -> str:
        """The IRI of the resource."""
        return self.description.resource.value

    @property
    def title(self) -> Term:
        """The name of the resource."""
        return self._name(self.description.resource)

    @property
    def kinds(self) -> list[Term]:
        """Its classes."""
        return [o for p, o in self.description.nodes[self.description.resource] if p.value == _RDF_TYPE]

    @property
    def main(self) -> Node:
        """The resource itself; its classes stand above its name."""
        pairs = self.description.nodes[self.description.resource]
        return _node(self.description.resource, tuple(pair for pair in pairs if pair[0].value != _RDF_TYPE))

    @property
    def parts(self) -> list[Node]:
        """The parts: IRIs made of that of the resource and a fragment."""
        own = self.iri + "#"
        return [_node(t, pairs) for t, pairs in self.description.nodes.items() if t.value.startswith(own)]

    @property
    def incoming(self) -> list[tuple[Term, list[Term]]]:
        """This page's links to the resource, by predicate."""
        return _group(self.description.incoming.links)

    @property
    def incoming_total(self) -> int:
        """How many links lead to the resource."""
        return self.description.incoming.total

    @property
    def page(self) -> int:
        """The page of incoming links shown, from 1."""
        return self.description.incoming.page

    @property
    def pages(self) -> int:
        """How many pages of incoming links there are."""
        return self.description.incoming.pages

    @property
    def graph_size(self) -> int | None:
        """How many triples a named graph holds."""
        return self.description.graph_size

    @property
    def graph_query(self) -> str:
        """The query that returns a named graph."""
        return f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{self.iri}> {{ ?s ?p ?o }} }}"

    @property
    def quotations(self) -> list[Quotation]:
        """The quotations of the resource and of its evidence."""
        nodes = {**self.description.nodes, **self.description.evidence}
        return [q for pairs in nodes.values() if (q := _quotation(pairs, nodes)) is not None]

    def node(self, term: Term) -> Node | None:
        """Return a blank node with its properties, if the description has them."""
        pairs = self.description.nodes.get(term)
        return _node(term, pairs) if pairs else None

    def name_of(self, term: Term) -> str:
        """Return what to call a resource."""
        return self._name(term).value

    def language_of(self, term: Term) -> str:
        """Return the language of that name, empty for none."""
        return self._name(term).language

    def _name(self, term: Term) -> Term:
        if term not in self._names:
            labels = [label for _, label in self.description.labels.get(term, ())]
            words = self.description.words.get(term)
            if not labels and words is not None:
                quoted = words.value[:_MOST_CHARS] + ("…" if len(words.value) > _MOST_CHARS else "")
                labels = [literal(f"“{quoted}”", language=words.language)]
            self._names[term] = choose_literal(labels, self.ranges) or literal(shorten(term.value))
        return self._names[term]


def _node(term: Term, pairs: Properties) -> Node:
    return Node(term, _group(pairs))


def _group(pairs: Properties) -> list[tuple[Term, list[Term]]]:
    return [(predicate, [o for _, o in group]) for predicate, group in groupby(pairs, key=lambda pair: pair[0])]


def _quotation(target: Properties, nodes: dict[Term, Properties]) -> Quotation | None:
    """Return the quotation of a target: a node with selectors, one of which has the exact words."""
    selectors = [dict(nodes.get(o, ())) for p, o in target if p.value == str(OA.hasSelector)]
    values = {predicate.value: o for selector in selectors for predicate, o in selector.items()}
    exact = values.get(str(OA.exact))
    if exact is None:
        return None
    source = next((o for p, o in target if p.value == str(OA.hasSource)), None)
    start, end = values.get(str(OA.start)), values.get(str(OA.end))
    return Quotation(exact, source, start.value if start else None, end.value if end else None)
