"""What the builder's commands do: each takes its arguments and returns an exit code.

What a command needs is imported when it runs, so that `aigov --help` stays quick.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from graph_builder.errors import AigovError

if TYPE_CHECKING:
    from graph_builder.model import Extraction
    from graph_builder.settings import Settings

FINE, FINDINGS = 0, 1

_SUMMARY_COLUMNS = ("document", "language", "sentences", "statements", "mentions", "excluded", "seconds")


def run_build(arguments: argparse.Namespace) -> int:
    """Build, check, write; a graph that does not conform is not written."""
    from graph_builder.checks import render_report
    from graph_builder.pipeline import build, make_report
    from graph_builder.release import check_destination, load_report, write_release
    from graph_builder.settings import load_settings

    check_destination(arguments.out)
    settled_model = load_report(arguments.out).get("model")
    result = build(
        arguments.paths, load_settings(), jobs=arguments.jobs, progress=_show_progress, settled_model=settled_model
    )
    if not result.checks.conforms:
        sys.stdout.write(render_report(result.checks))
        sys.stderr.write("aigov: the graph does not conform to the shapes; nothing was written\n")
        return FINDINGS
    start = time.perf_counter()
    write_release(result.quads, make_report(result), arguments.out)
    stages_s = result.elapsed_s | {"release": time.perf_counter() - start}
    sys.stdout.write(_format_summary(result.extractions))
    timings = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in stages_s.items())
    sys.stdout.write(f"{len(result.quads)} quads in {sum(stages_s.values()):.2f} s ({timings}): {arguments.out}\n")
    return FINE


def run_dump(arguments: argparse.Namespace) -> int:
    """Write the N-Quads of texts, a work at a time."""
    from graph_builder.pipeline import dump_works
    from graph_builder.settings import load_settings

    for lines in dump_works(arguments.paths, load_settings(), jobs=arguments.jobs, progress=_show_progress):
        sys.stdout.buffer.write(lines)
    return FINE


def run_validate(arguments: argparse.Namespace) -> int:
    """Check each file by itself, with the ontology and the vocabularies as context."""
    from graph_builder.checks import check_graph, load_shapes, render_report
    from graph_builder.ontology import load_ontology, load_vocabulary
    from graph_builder.rdf_files import load_rdf
    from graph_builder.settings import load_settings

    settings = load_settings()
    graphs = [(path, load_rdf(path)) for path in arguments.files]
    shapes, context = load_shapes(settings.shapes), load_ontology(settings) + load_vocabulary(settings)
    conforms = True
    for path, graph in graphs:
        report = check_graph(graph + context, shapes)
        conforms = conforms and report.conforms
        sys.stdout.write(f"{path}: {'conforms' if report.conforms else 'does not conform'}\n")
        if report.findings:
            sys.stdout.write(render_report(report))
    return FINE if conforms else FINDINGS


def run_format(arguments: argparse.Namespace) -> int:
    """Rewrite the files that are not canonical, and name them."""
    from graph_builder.turtle import format_turtle, parse_turtle

    paths = [file for path in arguments.paths for file in (sorted(path.rglob("*.ttl")) if path.is_dir() else [path])]
    texts = [(path, format_turtle(parse_turtle(path))) for path in paths]
    changed = [(path, text) for path, text in texts if path.read_text(encoding="utf-8") != text]
    for path, text in changed:
        sys.stdout.write(f"{path}\n")
        if not arguments.check:
            draft = path.with_name(f".{path.name}.new")
            draft.write_text(text, encoding="utf-8", newline="\n")
            draft.replace(path)
    return FINDINGS if arguments.check and changed else FINE


def run_evaluate(arguments: argparse.Namespace) -> int:
    """Score the texts that have gold annotations, and report."""
    from graph_builder.evaluation import find_gold, load_scores, render_json, render_report
    from graph_builder.pipeline import extract_documents
    from graph_builder.reading import find_sources
    from graph_builder.settings import load_settings

    settings = load_settings()
    paths = arguments.paths or [path for path in (settings.sources, settings.gold / "passages") if path.is_dir()]
    sources, gold = find_gold(find_sources(paths), settings.gold, arguments.gold)
    extractions = extract_documents(sources, settings, progress=_show_progress)
    texts = [text for text in map(gold.measure, extractions) if text is not None]
    if not texts:
        where = ", ".join(map(str, arguments.gold or [settings.gold]))
        raise AigovError(where, "no gold annotations of these texts", "name them WORK.LANGUAGE.jsonl")
    before = [] if arguments.paths or arguments.gold else list(load_scores(settings.gold))
    if arguments.json:
        sys.stdout.write(render_json(texts))
    else:
        sys.stdout.write(render_report(texts + before, measured_before={text.gold_set for text in before}))
    return FINE


def run_compare(arguments: argparse.Namespace) -> int:
    """Report where two language versions of a work differ; exit code 1 if they do."""
    from graph_builder.comparison import compare, render_comparison
    from graph_builder.ontology import load_vocabulary
    from graph_builder.pipeline import extract_documents
    from graph_builder.settings import load_settings

    settings = load_settings()
    paths = [_find_version(name, settings) for name in (arguments.left, arguments.right)]
    vocabulary = load_vocabulary(settings)
    left, right = (extract_documents([path], settings, vocabulary=vocabulary)[0] for path in paths)
    comparison = compare(left, right)
    sys.stdout.write(_to_json(asdict(comparison)) if arguments.json else render_comparison(comparison))
    return FINE if comparison.is_same else FINDINGS


def run_suggest(arguments: argparse.Namespace) -> int:
    """List what could be added to the vocabulary."""
    from graph_builder.pipeline import extract_documents
    from graph_builder.settings import load_settings
    from graph_builder.suggestions import render_suggestions, suggest, to_json

    found = suggest(extract_documents(arguments.paths, load_settings(), progress=_show_progress))
    sys.stdout.write(_to_json(to_json(found)) if arguments.json else render_suggestions(found, limit=arguments.limit))
    return FINE


def _find_version(name: str, settings: "Settings") -> Path:
    """Return the file of a text: a path, or WORK/LANG of a bundled one (its file is called WORK.LANG)."""
    from graph_builder.reading import find_sources

    path = Path(name)
    if path.is_file():
        return path
    bundled = {source.stem.replace(".", "/"): source for source in find_sources([settings.sources])}
    if name not in bundled:
        raise AigovError(name, "no such file or bundled text", f"name a file, or one of {', '.join(sorted(bundled))}")
    return bundled[name]


def _to_json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _show_progress(done: int, total: int, name: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{done}/{total} {name}" if done < total else "\r\x1b[K")
        sys.stderr.flush()


def _work_of(extraction: "Extraction") -> str:
    return extraction.document.registration.work


def _language_of(extraction: "Extraction") -> str:
    return extraction.document.registration.language


def _format_summary(extractions: Sequence["Extraction"]) -> str:
    rows: list[tuple[str, ...]] = [_SUMMARY_COLUMNS]
    for extraction in extractions:
        structure = extraction.structure
        counts = (structure.sentences, extraction.statements, extraction.mentions, structure.excluded)
        numbers = [str(len(found)) for found in counts]
        seconds = f"{extraction.elapsed_s:.2f}"
        rows.append((_work_of(extraction), _language_of(extraction), *numbers, seconds))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        left = (cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True))
        right = (cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True))
        lines.append("  ".join((*left, *right)).rstrip() + "\n")
    return "".join(lines)
