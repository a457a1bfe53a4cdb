"""Read the SSSOM tables in `ontology/mappings/`: which of our terms match which terms of other vocabularies.

Format: SSSOM/TSV with embedded metadata, https://mapping-commons.github.io/sssom/spec-formats-tsv/
"""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml
from rdflib import Graph, URIRef
from rdflib.namespace import SKOS

from graph_builder.errors import OntologyError
from graph_builder.vocab import BASE

REQUIRED_COLUMNS = ("subject_id", "predicate_id", "object_id", "mapping_justification")
PREDICATES = frozenset({SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch})

_SUFFIX = ".sssom.tsv"


def load_mappings(folder: Path) -> Graph:
    """Return one triple (our term, SKOS mapping property, foreign term) for each row of each `*.sssom.tsv` in `folder`.

    Raises:
        OntologyError: a table is not UTF-8, lacks its metadata block or a required column, or holds a row that cannot
            be read as a mapping of ours, or the same pair of terms twice; says file and line.
    """
    if not folder.is_dir():
        raise OntologyError(str(folder), "no such folder", "restore ontology/mappings from the repository")
    graph = Graph(bind_namespaces="none")
    place_by_pair: dict[tuple[URIRef, URIRef], str] = {}
    for path in sorted(folder.glob("*" + _SUFFIX)):
        for place, (subject, predicate, target) in _read_table(path):
            first = place_by_pair.setdefault((subject, target), place)
            if first is not place:
                raise OntologyError(
                    place, f"maps {subject} to {target} again (first in {first})", "keep one of the two rows"
                )
            graph.add((subject, predicate, target))
    return graph


def _read_table(path: Path) -> Iterator[tuple[str, tuple[URIRef, URIRef, URIRef]]]:
    """Yield (place, triple) for each row of one table."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as exc:
        raise OntologyError(f"{path}, byte {exc.start}", "not UTF-8", "save the file as UTF-8") from exc
    skipped = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    namespaces = _parse_curie_map(path, [line[1:] for line in lines[:skipped]])
    reader = csv.DictReader(lines[skipped:], delimiter="\t", strict=True)
    missing = [column for column in REQUIRED_COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise OntologyError(
            f"{path}, line {skipped + 1}", f"no column {', '.join(missing)}", "add it to the heading row"
        )
    while True:
        try:
            row = next(reader, None)
        except csv.Error as exc:
            place = f"{path}, line {skipped + reader.reader.line_num}"
            raise OntologyError(place, f"not a TSV row ({exc})", "mend the quotes") from exc
        if row is None:
            return
        place = f"{path}, line {skipped + reader.reader.line_num}"
        yield place, _parse_row(place, row, namespaces)


def _parse_curie_map(path: Path, header: list[str]) -> Mapping[str, str]:
    """Return prefix → namespace from the metadata block (YAML behind `#`)."""
    try:
        metadata = yaml.safe_load("\n".join(header))
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        place = f"{path}, line {mark.line + 1}" if mark else str(path)
        raise OntologyError(place, "the metadata block is not YAML", "mend the lines that begin with #") from exc
    namespaces = metadata.get("curie_map") if isinstance(metadata, dict) else None
    if not isinstance(namespaces, dict) or not all(isinstance(v, str) for v in namespaces.values()):
        remedy = "begin the file with '#curie_map:' and one '#  prefix: namespace' line for each prefix"
        raise OntologyError(f"{path}, line 1", "no curie_map", remedy)
    return namespaces


def _parse_row(
    place: str, row: Mapping[str | None, str | None], namespaces: Mapping[str, str]
) -> tuple[URIRef, URIRef, URIRef]:
    """Return the triple of one row."""
    if None in row or None in row.values():
        raise OntologyError(place, "not as many cells as the heading row", "mend the tabs of this row")
    subject, predicate, target, _ = (
        _expand(place, column, row[column] or "", namespaces) for column in REQUIRED_COLUMNS
    )
    if not subject.startswith(BASE):
        raise OntologyError(place, f"subject_id {subject} is no term of ours", f"name a term under {BASE}")
    if predicate not in PREDICATES:
        allowed = ", ".join(sorted("skos:" + p.rsplit("#", 1)[1] for p in PREDICATES))
        raise OntologyError(place, f"unknown predicate_id {row['predicate_id']}", f"use one of {allowed}")
    return subject, predicate, target


def _expand(place: str, column: str, curie: str, namespaces: Mapping[str, str]) -> URIRef:
    """Return the IRI that a CURIE of the table stands for."""
    prefix, colon, local = curie.partition(":")
    if not (prefix and colon and local):
        raise OntologyError(place, f"{column} {curie!r} is no CURIE", "write prefix:identifier")
    if prefix not in namespaces:
        raise OntologyError(place, f"{column} has the unknown prefix {prefix!r}", "declare it in the curie_map above")
    return URIRef(namespaces[prefix] + local)
