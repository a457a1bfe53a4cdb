"""Load the ontology and the vocabularies from their folder as two graphs."""

from pathlib import Path

from rdflib import Graph

from graph_builder.errors import OntologyError
from graph_builder.mappings import load_mappings
from graph_builder.settings import Settings
from graph_builder.turtle import parse_turtle

ONTOLOGY_FILES = ("aigov.ttl", "prefixes.ttl")
"""What `graph/ontology` holds; the vocabularies go into `graph/vocabulary`."""


def load_ontology(settings: Settings) -> Graph:
    """Load the OWL ontology and the declared prefixes.

    Raises:
        OntologyError: a file is missing, not UTF-8 or not Turtle; says file and line.
    """
    return _merge([settings.ontology / name for name in ONTOLOGY_FILES])


def load_vocabulary(settings: Settings) -> Graph:
    """Load all concept schemes and entities (`vocabulary/*.ttl`) and the matches of `mappings/*.sssom.tsv`.

    Raises:
        OntologyError: there is no vocabulary, or a file is broken; says file and line.
    """
    folder = settings.ontology / "vocabulary"
    paths = sorted(folder.glob("*.ttl"))
    if not paths:
        raise OntologyError(str(folder), "no vocabulary file (*.ttl)", "restore the folder from the distribution")
    vocabulary = _merge(paths)
    vocabulary += load_mappings(settings.ontology / "mappings")
    return vocabulary


def _merge(paths: list[Path]) -> Graph:
    merged = Graph(bind_namespaces="none")
    for path in paths:
        if not path.is_file():
            raise OntologyError(str(path), "missing", "restore the file from the distribution")
        parse_turtle(path, into=merged)
    return merged
