"""Evaluate one SPARQL query for many focus nodes: parse it once, and begin at the node."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from rdflib import Graph, URIRef, Variable
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.evaluate import evalQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.plugins.sparql.processor import SPARQLResult
from rdflib.plugins.sparql.sparql import Query
from rdflib.query import Result
from rdflib.term import Identifier, Node

from graph_builder.errors import CheckError

Pattern = tuple[Node, Node, Node]


class PreparedGraph(Graph):
    """A view of a graph that parses each query text once and evaluates it from the focus node outwards.

    pySHACL hands the same text over for every focus node, and parsing it is 99 % of the work of a SPARQL constraint
    (RDFLib/pySHACL#237); rdflib does not know that `$this` will be bound and may begin with a scan of the whole graph.
    Same triples, same answers.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__(store=graph.store, identifier=graph.identifier, bind_namespaces="none")
        self._prefixes = tuple(graph.namespaces())

    def query(
        self,
        query_object: str | Query,
        processor: object = "sparql",
        result: object = "sparql",
        initNs: Mapping[str, Any] | None = None,  # noqa: N803  (rdflib's name)
        initBindings: Mapping[str, Identifier] | None = None,  # noqa: N803
        use_store_provided: bool = True,
        **kwargs: Any,
    ) -> Result:
        """Evaluate a query; a text is parsed the first time only, with the prefixes that the graph came with."""
        prepared = _prepare_query(query_object, self._prefixes) if isinstance(query_object, str) else query_object
        return SPARQLResult(evalQuery(self, prepared, initBindings or {}))


@lru_cache(maxsize=256)
def _prepare_query(text: str, prefixes: tuple[tuple[str, URIRef], ...]) -> Query:
    try:
        query = translateQuery(parseQuery(text), None, dict(prefixes))
    except Exception as exc:  # rdflib's SPARQL parser raises several unrelated types
        what = " ".join(str(exc).split())
        raise CheckError("shapes", f"a SPARQL constraint is not valid ({what})", "mend its sh:select") from exc
    _order_patterns(query.algebra, frozenset({Variable("this")}))
    return query


def _order_patterns(part: object, bound: frozenset[Node]) -> frozenset[Node]:
    """Order the triple patterns of an algebra in place, given what is bound before; return what is bound after."""
    if isinstance(part, list):
        for member in part:
            bound = _order_patterns(member, bound)
    elif isinstance(part, CompValue):
        if part.name == "BGP":
            part["triples"] = _order_triples(part.triples, bound)
            return bound.union(*part.triples)
        for key in sorted(part, key=lambda key: key == "expr"):  # a filter sees what its pattern has bound
            bound = _order_patterns(getattr(part, key), bound)
    return bound


def _order_triples(triples: Sequence[Pattern], bound: frozenset[Node]) -> list[Pattern]:
    """Take next what starts at a bound subject, else what has the fewest unbound terms; ties keep their order."""

    def cost(triple: Pattern) -> tuple[bool, int]:
        unbound = [isinstance(term, Variable) and term not in bound for term in triple]
        return unbound[0], sum(unbound)

    waiting, ordered = list(triples), []
    while waiting:
        best = min(waiting, key=cost)
        waiting.remove(best)
        ordered.append(best)
        bound = bound.union(best)
    return ordered
