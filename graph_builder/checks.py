"""Check a graph against SHACL shapes and tell the findings in words; the only module that knows pySHACL.

Source: https://www.w3.org/TR/shacl/ , sections 3.6 (validation report) and 5 (SPARQL constraints).
"""

import sys
from collections.abc import Sequence, Set
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Literal
from zlib import crc32

import rdflib
from pyshacl.errors import ReportableRuntimeError, ShapeLoadError, ValidationFailure
from pyshacl.graph_abstraction import DataGraph
from pyshacl.pytypes import SHACLExecutor
from pyshacl.shape import Shape
from pyshacl.shapes_graph import ShapesGraph
from pyshacl.validator import Validator
from rdflib import BNode, Graph, URIRef
from rdflib.namespace import RDF, SH, XSD
from rdflib.term import Node

from graph_builder.errors import CheckError, OntologyError
from graph_builder.iri import mint
from graph_builder.model import Finding
from graph_builder.prepared_queries import PreparedGraph
from graph_builder.turtle import parse_turtle
from graph_builder.vocab import BASE, PREFIXES

Language = Literal["en", "zh-Hans"]
_CAN_FORK = sys.platform == "linux"

_SEVERITIES: dict[Node | None, Literal["violation", "warning", "info"]] = {
    SH.Violation: "violation",
    SH.Warning: "warning",
    SH.Info: "info",
}
_VALUE_CHARS = 120
"""Longer values are cut in the rendered report: a whole text can be a value."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """Shapes ready for use; parsing and preparing them costs as much as checking a small graph, so keep them."""

    graph: Graph
    prepared: ShapesGraph


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one check.

    Attributes:
        conforms: there is no finding of any severity (SHACL 3.6.1.1).
        findings: sorted by focus node, shape, path and value; messages in the language that was asked for.
        graph: the W3C validation report, messages in every language of the shapes.
    """

    conforms: bool
    findings: tuple[Finding, ...]
    graph: Graph


def load_shapes(folder: Path) -> Shapes:
    """Load every shape of a folder (`*.ttl`); SPARQL constraints may use our prefixes (`sh:prefixes` of `prefixes`).

    Raises:
        OntologyError: the folder holds no shapes, a file is not Turtle, or a shape is ill-formed.
    """
    paths = sorted(folder.glob("*.ttl"))
    if not paths:
        raise OntologyError(str(folder), "no shapes file (*.ttl)", "restore the folder from the distribution")
    graph = Graph(bind_namespaces="none")
    for path in paths:
        for triple in parse_turtle(path):
            graph.add(triple)
    return prepare_shapes(graph, where=str(folder))


def prepare_shapes(graph: Graph, *, where: str = "shapes") -> Shapes:
    """Prepare shapes that are already parsed; `where` names them in errors.

    Raises:
        OntologyError: a shape is ill-formed.
    """
    graph = graph + _declare_prefixes()
    prepared = ShapesGraph(graph)
    try:
        prepared.shapes  # noqa: B018  (the property builds and keeps the shapes)
    except ShapeLoadError as exc:
        raise OntologyError(where, f"ill-formed shape ({exc.message})", f"mend it as {exc.link} says") from exc
    return Shapes(graph, prepared)


def _declare_prefixes() -> Graph:
    """Return `sh:declare` of every prefix, as in `ontology/prefixes.ttl`."""
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        declaration = mint(f"prefixes/{prefix}")
        graph.add((mint("prefixes"), SH.declare, declaration))
        graph.add((declaration, SH.prefix, rdflib.Literal(prefix)))
        graph.add((declaration, SH.namespace, rdflib.Literal(namespace, datatype=XSD.anyURI)))
    return graph


def check_graph(
    data: Graph,
    shapes: Shapes,
    *,
    language: Language = "en",
    prepare_queries: bool = True,
    jobs: int = 1,
    settled: Set[Node] = frozenset(),
) -> Report:
    """Check one graph against shapes.

    The graph is neither changed nor reasoned over: it must itself hold the ontology and the vocabularies that it refers
    to, or `sh:class` and targets do not see superclasses.

    Args:
        data: in-memory rdflib graph.
        shapes: see `load_shapes`.
        language: of the messages of the findings.
        prepare_queries: parse each SPARQL constraint once instead of once a focus node; the result is the same.
        jobs: processes that share the shapes; more than 1 forks, so only a process without threads may ask for it. The
            result is the same.
        settled: nodes known to conform and untouched since: no shape looks at them again as focus nodes. They must have
            been checked with the same shapes, and nothing of theirs may have changed.

    Raises:
        CheckError: a shape cannot be evaluated.
    """
    target = DataGraph.from_rdflib(PreparedGraph(data) if prepare_queries else data)
    task = _Task(tuple(shapes.prepared.shapes), shapes.prepared, target, settled)
    report = _validate(task, jobs if _CAN_FORK else 1)
    _tag_messages(report, shapes.graph)
    findings = (_to_finding(report, result, language) for result in report.objects(None, SH.result))
    return Report(_conforms(report), tuple(sorted(findings, key=_order)), report)


def _conforms(report: Graph) -> bool:
    return (None, SH.conforms, rdflib.Literal(False)) not in report


@dataclass(frozen=True, slots=True)
class _Task:
    """What is validated: shapes in an order that does not change, the graph, and the focus nodes to pass over."""

    shapes: tuple[Shape, ...]
    prepared: ShapesGraph
    target: DataGraph
    settled: Set[Node]


def _validate(task: _Task, jobs: int) -> Graph:
    """Validate a share of the focus nodes here, the others in children that inherit the graph as it lies in memory."""
    if jobs <= 1:
        return _validate_share(task, 0, 1)
    _inherited.append(task)
    try:
        with ProcessPoolExecutor(jobs - 1, get_context("fork")) as pool:
            others = [pool.submit(_validate_inherited, share, jobs) for share in range(1, jobs)]
            reports = [_validate_share(task, 0, jobs), *(other.result() for other in others)]
    finally:
        _inherited.pop()
    return _merge_reports(reports)


_inherited: list[_Task] = []
"""What a forked child validates; holds something only while children run."""


def _validate_inherited(share: int, shares: int) -> Graph:
    return _validate_share(_inherited[-1], share, shares)


def _validate_share(task: _Task, share: int, shares: int) -> Graph:
    """Return the validation report of every `shares`-th focus node; all that a child has to send back."""
    executor, conforms, results = SHACLExecutor(), True, []
    try:
        for shape in task.shapes:
            nodes = shape.focus_nodes(task.target) - task.settled  # type: ignore[no-untyped-call]
            focus = [node for node in nodes if crc32(node.encode("utf-8")) % shares == share]
            if not focus:
                continue
            shape_conforms, shape_results = shape.validate(executor, task.target, focus=focus)
            conforms = conforms and shape_conforms
            results.extend(shape_results)
    except (ReportableRuntimeError, ValidationFailure) as exc:
        raise CheckError("shapes", f"a shape cannot be evaluated ({exc.message})", "mend the shape") from exc
    report: Graph = Validator.create_validation_report(task.prepared, conforms, results)[0]
    return report


def _merge_reports(reports: Sequence[Graph]) -> Graph:
    """Return one report with the results of all."""
    merged = Graph()
    head = BNode()
    for report in reports:
        own_head = report.value(None, RDF.type, SH.ValidationReport)
        for subject, predicate, value in report:
            merged.add((head if subject == own_head else subject, predicate, value))
    merged.set((head, SH.conforms, rdflib.Literal(all(map(_conforms, reports)))))
    return merged


def _tag_messages(report: Graph, shapes: Graph) -> None:
    """Put the messages of SPARQL constraints back in their languages: pySHACL drops the tags when it fills them in."""
    for result, constraint in list(report.subject_objects(SH.sourceConstraint)):
        messages = [m for m in shapes.objects(constraint, SH.message) if isinstance(m, rdflib.Literal) and m.language]
        if not messages:
            continue
        value = str(report.value(result, SH.value))
        report.remove((result, SH.resultMessage, None))
        for message in messages:
            text = str(message).replace("{?value}", value)
            report.add((result, SH.resultMessage, rdflib.Literal(text, lang=message.language)))


def _to_finding(report: Graph, result: Node, language: Language) -> Finding:
    source = report.value(result, SH.sourceConstraint) or report.value(result, SH.sourceShape)
    path, value = report.value(result, SH.resultPath), report.value(result, SH.value)
    return Finding(
        severity=_SEVERITIES.get(report.value(result, SH.resultSeverity), "violation"),
        focus=str(report.value(result, SH.focusNode)),
        message=_choose_message(report, result, language),
        shape=str(source) if isinstance(source, URIRef) else "unnamed shape",
        path=None if path is None else _format_path(report, path),
        value=None if value is None else str(value),
    )


def _choose_message(report: Graph, result: Node, language: Language) -> str:
    messages = sorted(m for m in report.objects(result, SH.resultMessage) if isinstance(m, rdflib.Literal))
    return str(min(messages, key=lambda m: (m.language != language, m.language != "en"), default="no message"))


def _format_path(report: Graph, path: Node) -> str:
    """Return a property path in SPARQL syntax."""
    if not isinstance(path, BNode):
        return _shorten(str(path))
    if (path, RDF.first, None) in report:
        return "/".join(_format_path(report, step) for step in report.items(path))
    for term, form in (
        (SH.inversePath, "^{}"),
        (SH.zeroOrMorePath, "{}*"),
        (SH.oneOrMorePath, "{}+"),
        (SH.zeroOrOnePath, "{}?"),
    ):
        if (inner := report.value(path, term)) is not None:
            return form.format(_format_path(report, inner))
    choices = report.value(path, SH.alternativePath)
    return "(" + "|".join(_format_path(report, choice) for choice in report.items(choices)) + ")" if choices else "path"


def _order(finding: Finding) -> tuple[str, str, str, str, str]:
    return finding.focus, finding.shape, finding.path or "", finding.value or "", finding.message


def render_report(report: Report) -> str:
    """Return a report as text for people: for each finding what must hold, where, and the value that breaks it."""
    if report.conforms and not report.findings:
        return "The graph conforms to the shapes.\n"
    lines = []
    for finding in report.findings:
        lines.append(f"{finding.severity}: {_shorten(finding.focus)}")
        lines.append(f"  must hold  {finding.message}")
        if finding.path is not None:
            lines.append(f"  at         {finding.path}")
        if finding.value is not None and finding.value != finding.focus:
            lines.append(f"  found      {_cut(_shorten(finding.value))}")
        lines.append(f"  shape      {_shorten(finding.shape)}")
    nodes = len({finding.focus for finding in report.findings})
    lines.append(f"{_count(len(report.findings), 'finding')} on {_count(nodes, 'node')}.")
    return "\n".join(lines) + "\n"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _VALUE_CHARS else line[: _VALUE_CHARS - 1] + "…"


def _shorten(iri: str) -> str:
    """Abbreviate an IRI by our prefixes, or by its path under the base."""
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace):
            return f"{prefix}:{iri[len(namespace) :]}"
    return iri[len(BASE) :] if iri.startswith(BASE) else iri
