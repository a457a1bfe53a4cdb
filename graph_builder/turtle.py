"""Read Turtle files with errors that name the place, and write them in the one canonical form of this project."""

from pathlib import Path

from rdflib import Graph

from graph_builder.errors import OntologyError
from graph_builder.vocab import PREFIXES


def parse_turtle(path: Path) -> Graph:
    """Parse one Turtle file.

    Raises:
        OntologyError: the file is not UTF-8 or not Turtle; says the line where the parser stopped.
    """
    graph = Graph(bind_namespaces="none")
    try:
        graph.parse(data=path.read_text(encoding="utf-8"), format="turtle")
    except UnicodeDecodeError as exc:
        raise OntologyError(f"{path}, byte {exc.start}", "not UTF-8", "save the file as UTF-8") from exc
    except Exception as exc:  # rdflib's Turtle parser raises several unrelated types
        what = str(exc).splitlines()[0]
        line = getattr(exc, "lines", None)
        place = f"{path}, line {line + 1}" if isinstance(line, int) else str(path)
        raise OntologyError(place, f"not valid Turtle ({what})", "mend the syntax there") from exc
    return graph


def format_turtle(graph: Graph) -> str:
    """Return the canonical text of a graph: rdflib's `longturtle`, canonical blank nodes, no trailing blanks.

    Two graphs with the same triples give the same text; `aigov format` rewrites files with it.
    """
    fresh = Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        fresh.bind(prefix, namespace)
    for triple in graph:
        fresh.add(triple)
    text = fresh.serialize(format="longturtle", canon=True)
    return "\n".join(line.rstrip() for line in text.splitlines()).strip() + "\n"
