"""Read RDF files of any syntax, told by the suffix; never from the network."""

import json
from pathlib import Path

from rdflib import Dataset, Graph

from graph_builder.errors import AigovError
from graph_builder.turtle import parse_turtle

_GRAPH_FORMATS = {".nt": "nt", ".rdf": "xml", ".owl": "xml", ".xml": "xml"}
_DATASET_FORMATS = {".trig": "trig", ".nq": "nquads", ".jsonld": "json-ld", ".json": "json-ld"}


def load_rdf(path: Path) -> Graph:
    """Read a file as one graph; named graphs are merged.

    Raises:
        AigovError: the file cannot be read, its suffix or its syntax is unknown, or it asks for a remote context.
    """
    suffix = path.suffix.lower()
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        raise AigovError(f"{path}, byte {exc.start}", "not UTF-8", "save the file as UTF-8") from exc
    except OSError as exc:
        raise AigovError(str(path), f"cannot be read ({exc.strerror})", "check the path") from exc
    if suffix == ".ttl":
        return parse_turtle(path)
    graph = Graph(bind_namespaces="none")
    try:
        if suffix in _GRAPH_FORMATS:
            graph.parse(data=text, format=_GRAPH_FORMATS[suffix])
        elif suffix in _DATASET_FORMATS:
            if _DATASET_FORMATS[suffix] == "json-ld":
                _refuse_remote_contexts(path, json.loads(text))
            dataset = Dataset()
            dataset.parse(data=text, format=_DATASET_FORMATS[suffix])
            for subject, predicate, value, _ in dataset.quads():
                graph.add((subject, predicate, value))
        else:
            known = " ".join((".ttl", *_GRAPH_FORMATS, *_DATASET_FORMATS))
            raise AigovError(str(path), f"no RDF syntax is known for the suffix '{suffix}'", f"use one of {known}")
    except AigovError:
        raise
    except Exception as exc:  # every parser of rdflib raises types of its own
        what = (str(exc).splitlines() or [type(exc).__name__])[0]
        raise AigovError(str(path), f"cannot be parsed ({what})", "mend the syntax") from exc
    return graph


def _refuse_remote_contexts(path: Path, node: object) -> None:
    if isinstance(node, list):
        for member in node:
            _refuse_remote_contexts(path, member)
    elif isinstance(node, dict):
        for key, value in node.items():
            contexts = value if isinstance(value, list) else [value]
            if key == "@import" or (key == "@context" and any(isinstance(context, str) for context in contexts)):
                raise AigovError(str(path), "asks for a remote JSON-LD context", "write the context into the file")
            _refuse_remote_contexts(path, value)
