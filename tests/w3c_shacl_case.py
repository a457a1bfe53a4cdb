"""What the W3C SHACL suite calls for each of its tests: `check_graph`, shared between two processes."""

from rdflib import Graph

from graph_builder.checks import check_graph, prepare_shapes


def validate(data: str, shapes: str) -> Graph:
    """Return the validation report of a data file against a shapes file; an exception means that validation failed."""
    shapes_graph = Graph().parse(shapes, format="turtle")
    return check_graph(Graph().parse(data, format="turtle"), prepare_shapes(shapes_graph), jobs=2).graph
