"""The order of the stages, and nowhere else: sources → extractions → quads → rules → catalogue → checks."""

import hashlib
import json
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from itertools import combinations, groupby, pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from rdflib import RDF, Graph
from rdflib.term import Node

from graph_builder.alignment import align
from graph_builder.blank_nodes import label_blank_nodes
from graph_builder.catalog import to_catalog_quads
from graph_builder.checks import Report, check_graph, load_shapes
from graph_builder.errors import RegistryError, SourceError
from graph_builder.extraction import extract
from graph_builder.iri import GRAPH_DERIVED, GRAPH_ONTOLOGY, GRAPH_VOCABULARY, identifier_of
from graph_builder.lexicon import Lexicons, compile_lexicon
from graph_builder.model import Extraction, SourceDocument
from graph_builder.nquads import format_work
from graph_builder.ontology import load_ontology, load_vocabulary
from graph_builder.quads import Quad, load_links, to_alignment_quads, to_quads
from graph_builder.reading import find_sources, read_document
from graph_builder.rules import derive
from graph_builder.settings import RULES_VERSION, Settings
from graph_builder.structure import segment_document
from graph_builder.text import clean_text

DOCUMENTS_PER_WORKER = 8
"""A worker process takes a second to start (vocabularies and grammar); so many documents earn that back."""

Progress = Callable[[int, int, str], None]
"""Called after each document with how many are done, how many there are, and its name."""


Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class BuildResult:
    """A graph that has been checked but not written; `elapsed_s` maps stages to seconds, in order.

    `model` is the fingerprint of the ontology, the vocabularies and the shapes it was checked with.
    """

    extractions: tuple[Extraction, ...]
    quads: tuple[Quad, ...]
    checks: Report
    model: str
    elapsed_s: dict[str, float]


def build(
    paths: Sequence[Path],
    settings: Settings,
    *,
    jobs: int | None = None,
    progress: Progress | None = None,
    settled_model: str | None = None,
) -> BuildResult:
    """Build the graph of the texts under `paths` (none: the bundled ones); pure but for the clock in `elapsed_s`.

    Args:
        paths: files and folders.
        settings: where the ontology, the shapes and the bundled texts lie.
        jobs: worker processes; 1 works in this one, None decides by the number of documents. The graph is the same.
        progress: see `Progress`.
        settled_model: the `model` of an earlier build that conformed; where it is still the same, terms of the ontology
            and the vocabularies that no text says anything of are not checked again.

    Raises:
        AigovError: a text, its registry entry or a file of the ontology cannot be used.
    """
    elapsed_s: dict[str, float] = {}
    with _timed(elapsed_s, "ontology"):
        ontology, vocabulary = load_ontology(settings), load_vocabulary(settings)
    with _timed(elapsed_s, "extraction"):
        extractions = extract_documents(paths, settings, vocabulary=vocabulary, jobs=jobs, progress=progress)
    with _timed(elapsed_s, "quads"):
        quads = _to_all_quads(extractions, ontology, vocabulary)
    with _timed(elapsed_s, "rules"):
        quads += derive(quads, settings)
    with _timed(elapsed_s, "catalogue"):
        quads += to_catalog_quads(quads)
    with _timed(elapsed_s, "checks"):
        graph = vocabulary  # which nobody needs any more: copying it would cost as much as loading it
        for subject, predicate, value, name in quads:
            if name != GRAPH_VOCABULARY:
                graph.add((subject, predicate, value))
        model = fingerprint_model(settings)
        settled = _model_terms(quads) if model == settled_model else frozenset()
        workers = jobs or min(2, os.cpu_count() or 1)
        checks = check_graph(graph, load_shapes(settings.shapes), jobs=workers, settled=settled)
    return BuildResult(tuple(extractions), tuple(quads), checks, model, elapsed_s)


def fingerprint_model(settings: Settings) -> str:
    """Return the SHA-256 of what decides whether the terms of the model conform: its files, the shapes, the checker."""
    digest = hashlib.sha256(version("pyshacl").encode("utf-8"))
    for folder in (settings.ontology, settings.shapes):
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            digest.update(json.dumps([str(path.relative_to(settings.root)), path.stat().st_size]).encode("utf-8"))
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _model_terms(quads: Sequence[Quad]) -> frozenset[Node]:
    """Return the subjects of the ontology and the vocabularies of which nothing is said elsewhere.

    The classes that rules derive for them do not count: they follow from the model alone.
    """
    inside: set[Node] = set()
    outside: set[Node] = set()
    for subject, predicate, _, name in quads:
        if name in (GRAPH_ONTOLOGY, GRAPH_VOCABULARY):
            inside.add(subject)
        elif name != GRAPH_DERIVED or predicate != RDF.type:
            outside.add(subject)
    return frozenset(inside - outside)


def extract_documents(
    paths: Sequence[Path],
    settings: Settings,
    *,
    vocabulary: Graph | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> list[Extraction]:
    """Read and extract the texts under `paths` (none: the bundled ones), sorted by work and language.

    Raises:
        SourceError: there is no text to read.
        RegistryError: two files are the same language version of one work, or versions of a work contradict each other.
    """
    sources = _find_sources(paths, settings)
    extractions = []
    for extraction in _map(_Extractor, settings, vocabulary, sources, jobs):
        extractions.append(extraction)
        if progress is not None:
            progress(len(extractions), len(sources), extraction.document.name)
    extractions.sort(key=_key)
    _check_works(extractions)
    return extractions


def dump_works(
    paths: Sequence[Path], settings: Settings, *, jobs: int | None = None, progress: Progress | None = None
) -> Iterator[bytes]:
    """Yield what the texts under `paths` (none: the bundled ones) say, as N-Quads, in pieces of one work each.

    These are the lines that `build` writes about the works: no ontology, no rules, no catalogue, no checks. Only the
    texts of one work at a time are held, in each process, so that a corpus may be of any size; works come by name.

    Raises:
        SourceError: there is no text to read.
        RegistryError: as `extract_documents` says.
    """
    vocabulary = load_vocabulary(settings)
    reader = _Extractor(settings, vocabulary)
    by_work: defaultdict[str, list[Path]] = defaultdict(list)
    for path in _find_sources(paths, settings):
        by_work[reader.read(path).registration.work].append(path)
    works = [tuple(by_work[work]) for work in sorted(by_work)]
    dumps = _map(_Dumper, settings, vocabulary, works, jobs)
    for done, (sources, lines) in enumerate(zip(works, dumps, strict=True), start=1):
        yield lines
        if progress is not None:
            progress(done, len(works), sources[0].name)


def make_report(result: BuildResult, *, release_s: float | None = None) -> dict[str, object]:
    """Return what `report.json` says: the counts and times of every document, the stages, the finding counts."""
    stages = dict(result.elapsed_s) | ({} if release_s is None else {"release": release_s})
    return {
        "rules_version": RULES_VERSION,
        "quads": len(result.quads),
        "conforms": result.checks.conforms,
        "model": result.model,
        "stages_s": {stage: round(seconds, 3) for stage, seconds in stages.items()},
        "documents": [_report_document(extraction) for extraction in result.extractions],
    }


def _report_document(extraction: Extraction) -> dict[str, object]:
    document, registration = extraction.document, extraction.document.registration
    excluded = []
    for region in extraction.structure.excluded:
        raw = extraction.text.raw_span(region.span)
        excluded.append({"start": raw.start, "end": raw.end, "kind": region.kind, "reason": region.reason})
    return {
        "file": document.name,
        "sha256": document.sha256,
        "work": registration.work,
        "language": registration.language,
        "detected": list(registration.detected),
        "sentences": len(extraction.structure.sentences),
        "statements": len(extraction.statements),
        "mentions": len(extraction.mentions),
        "excluded": excluded,
        "elapsed_s": round(extraction.elapsed_s, 3),
    }


def _find_sources(paths: Sequence[Path], settings: Settings) -> list[Path]:
    sources = find_sources(paths or [settings.sources])
    if not sources:
        raise SourceError(str(next(iter(paths), settings.sources)), "no source text there", "name a file or a folder")
    return sources


@contextmanager
def _timed(elapsed_s: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    elapsed_s[stage] = time.perf_counter() - start


def _key(extraction: Extraction) -> tuple[str, str]:
    return extraction.document.registration.work, extraction.document.registration.language


class _Extractor:
    """The stages of one document, with what they need loaded once a process."""

    def __init__(self, settings: Settings, vocabulary: Graph | None = None) -> None:
        self._vocabulary = load_vocabulary(settings) if vocabulary is None else vocabulary
        identifiers = {identifier_of(str(subject)) or "" for subject in self._vocabulary.subjects(unique=True)}
        self._actors = frozenset(i.removeprefix("actor/") for i in identifiers if i.startswith("actor/"))
        self._events = frozenset(i.removeprefix("event/") for i in identifiers if i.startswith("event/"))

    @cached_property
    def _lexicons(self) -> Lexicons:
        return compile_lexicon(self._vocabulary)  # when a document has been read: unusable ones are told of at once

    def read(self, path: Path) -> SourceDocument:
        """Read a document and its registry entry."""
        return read_document(path, self._actors, self._events)

    def __call__(self, path: Path) -> Extraction:
        start = time.perf_counter()
        document = self.read(path)
        language = document.registration.language
        if language.split("-")[0] not in self._lexicons:
            known = ", ".join(sorted(self._lexicons))
            raise RegistryError(document.name, f"no grammar for the language {language}", f"use texts in {known}")
        text = clean_text(document.raw, language)
        structure = segment_document(text, document.registration)
        extraction = extract(document, text, structure, self._lexicons)
        return replace(extraction, elapsed_s=time.perf_counter() - start)


class _Dumper:
    """The N-Quads of one work, from all its text versions."""

    def __init__(self, settings: Settings, vocabulary: Graph | None = None) -> None:
        vocabulary = load_vocabulary(settings) if vocabulary is None else vocabulary
        self._extract, self._links = _Extractor(settings, vocabulary), load_links(vocabulary)

    def __call__(self, paths: Sequence[Path]) -> bytes:
        versions = sorted(map(self._extract, paths), key=_key)
        _check_works(versions)
        return b"".join(format_work(versions, self._links, _align_versions(versions)))


_task: Callable[[Any], Any] | None = None


def _start_worker(make_task: Callable[..., Callable[[Any], Any]], settings: Settings) -> None:
    global _task
    _task = make_task(settings)


def _run_in_worker(item: object) -> Any:
    if _task is None:
        raise RuntimeError("the worker was not started by _start_worker")
    return _task(item)


def _map(
    make_task: Callable[[Settings, Graph | None], Callable[[Any], Result]],
    settings: Settings,
    vocabulary: Graph | None,
    items: Sequence[object],
    jobs: int | None,
) -> Iterator[Result]:
    """Yield what a task makes of each item, in order; `jobs` as in `build`."""
    jobs = jobs or min(-(-len(items) // DOCUMENTS_PER_WORKER), os.cpu_count() or 1)
    if jobs == 1:
        yield from map(make_task(settings, vocabulary), items)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), _start_worker, (make_task, settings)) as pool:
        try:
            yield from pool.map(_run_in_worker, items)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _check_works(extractions: Sequence[Extraction]) -> None:
    for one, other in pairwise(extractions):
        if _key(one) == _key(other):
            what = f"the same text version as {one.document.name} ({'/'.join(_key(one))})"
            raise RegistryError(other.document.name, what, "give it its own work or language, or leave one out")
        if _key(one)[0] != _key(other)[0]:
            continue
        left, right = one.document.registration, other.document.registration
        for field in ("kind", "issued", "issuers", "issued_at"):
            mine, theirs = getattr(left, field), getattr(right, field)
            if mine and theirs and mine != theirs:
                what = f"{field} differs from that of {one.document.name}, a version of the same work {left.work}"
                raise RegistryError(other.document.name, what, "make the two registry entries agree")


def _to_all_quads(extractions: Sequence[Extraction], ontology: Graph, vocabulary: Graph) -> list[Quad]:
    quads: list[Quad] = []
    for name, graph in ((GRAPH_ONTOLOGY, ontology), (GRAPH_VOCABULARY, vocabulary)):
        quads += [(s, p, o, name) for s, p, o in label_blank_nodes(graph, str(name))]
    links = load_links(vocabulary)
    for _, group in groupby(extractions, key=lambda extraction: _key(extraction)[0]):
        versions = list(group)
        quads += to_quads(versions, links)
        quads += _align_versions(versions)
    return quads


def _align_versions(versions: Sequence[Extraction]) -> Iterator[Quad]:
    for left, right in combinations(versions, 2):
        yield from to_alignment_quads(left, right, align(left, right))
