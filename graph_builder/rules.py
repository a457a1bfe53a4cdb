"""Derive what follows from the quads, by the SPARQL CONSTRUCT rules of `ontology/rules/`, into `graph/derived`.

The rules are the part of OWL 2 RL that queries need, and the short edges between actors and what they speak about.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from rdflib import BNode, Literal, URIRef
from rdflib.term import Node

from graph_builder.errors import OntologyError
from graph_builder.iri import GRAPH_DERIVED
from graph_builder.quads import Quad
from graph_builder.settings import Settings

_Row = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One CONSTRUCT query and the file it stands in."""

    path: Path
    text: str


def load_rules(folder: Path) -> tuple[Rule, ...]:
    """Load the rules of a folder (`*.rq`), in the order of their names.

    Raises:
        OntologyError: there is no rule, or a file is not UTF-8 or not one CONSTRUCT query; says file and place.
    """
    rules = []
    for path in sorted(folder.glob("*.rq")):
        try:
            rule = Rule(path, path.read_text(encoding="utf-8"))
            result = ox.Store().query(rule.text)
        except UnicodeDecodeError as exc:
            raise OntologyError(f"{path}, byte {exc.start}", "not UTF-8", "save the file as UTF-8") from exc
        except SyntaxError as exc:
            what = " ".join(str(exc).split())
            raise OntologyError(str(path), f"not valid SPARQL ({what})", "mend the query there") from exc
        if not isinstance(result, ox.QueryTriples):
            raise OntologyError(str(path), "not a CONSTRUCT query", "write it as CONSTRUCT { … } WHERE { … }")
        rules.append(rule)
    if not rules:
        raise OntologyError(str(folder), "no rule (*.rq)", "restore the folder from the distribution")
    return tuple(rules)


def derive(quads: Iterable[Quad], settings: Settings) -> list[Quad]:
    """Apply the rules of this installation until nothing new follows; see `apply_rules`."""
    return apply_rules(quads, load_rules(settings.ontology / "rules"))


def apply_rules(quads: Iterable[Quad], rules: Iterable[Rule]) -> list[Quad]:
    """Apply rules until nothing new follows.

    Args:
        quads: everything that is known, the ontology and the vocabularies included; rules see the union of all graphs,
            without the literals that have a language.
        rules: applied in order, round after round.

    Returns:
        What follows and is in no graph yet, in `graph/derived`, sorted; IRIs only.

    Raises:
        OntologyError: a rule makes a literal or a blank node: the store rewrites literals, and blank nodes have no
            name that two builds would agree on.
    """
    store = ox.Store()
    store.bulk_extend(_to_store_quads(quads))
    derived_graph = ox.NamedNode(GRAPH_DERIVED)
    queries = tuple(rules)
    derived: set[_Row] = set()
    grown = True
    while grown:
        grown = False
        for rule in queries:
            new = {row for row in _apply_rule(store, rule) if not _is_known(store, row)}
            store.extend(ox.Quad(*_to_nodes(row), derived_graph) for row in new)
            derived |= new
            grown = grown or bool(new)
    return [(URIRef(s), URIRef(p), URIRef(o), GRAPH_DERIVED) for s, p, o in sorted(derived)]


def _apply_rule(store: ox.Store, rule: Rule) -> set[_Row]:
    """Return what one rule makes of the union of all graphs."""
    result = store.query(rule.text, use_default_graph_as_union=True)
    rows = set()
    for triple in result if isinstance(result, ox.QueryTriples) else ():
        subject, value = triple.subject, triple.object
        if not isinstance(subject, ox.NamedNode) or not isinstance(value, ox.NamedNode):
            raise OntologyError(str(rule.path), f"makes {triple}", "let the rule make IRIs only")
        rows.add((subject.value, triple.predicate.value, value.value))
    return rows


def _is_known(store: ox.Store, row: _Row) -> bool:
    return next(store.quads_for_pattern(*_to_nodes(row), None), None) is not None


def _to_nodes(row: _Row) -> tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode]:
    subject, predicate, value = row
    return ox.NamedNode(subject), ox.NamedNode(predicate), ox.NamedNode(value)


def _to_store_quads(quads: Iterable[Quad]) -> Iterator[ox.Quad]:
    for subject, predicate, value, graph in quads:
        if isinstance(value, Literal) and value.language is not None:
            continue  # labels and quotes are most of the graph, and no rule reads them
        yield ox.Quad(_to_node(subject), ox.NamedNode(str(predicate)), _to_term(value), ox.NamedNode(graph))


def _to_term(term: Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    if not isinstance(term, Literal):
        return _to_node(term)
    return ox.Literal(str(term), datatype=None if term.datatype is None else ox.NamedNode(term.datatype))


def _to_node(term: Node) -> ox.NamedNode | ox.BlankNode:
    return ox.BlankNode(str(term)) if isinstance(term, BNode) else ox.NamedNode(str(term))
