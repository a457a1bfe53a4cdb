"""The command `aigov`: data to stdout, messages to stderr; exit code 0 fine, 1 findings, 2 unusable input.

Subcommands announce themselves by entry points of the group `aigov.commands`: functions that take the subparsers. What
a command needs is imported when it runs, so that `aigov --help` stays quick.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from graph_builder.errors import AigovError

if TYPE_CHECKING:
    from graph_builder.model import Extraction

COMMANDS_GROUP = "aigov.commands"
FINE, FINDINGS, UNUSABLE, INTERRUPTED = 0, 1, 2, 130

_SUMMARY_COLUMNS = ("document", "language", "sentences", "statements", "mentions", "excluded", "seconds")

Subparsers = argparse._SubParsersAction


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; an `AigovError` is one line on stderr and code 2."""
    parser = argparse.ArgumentParser(prog="aigov", description="An open knowledge graph of AI governance.")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    announced = sorted(entry_points(group=COMMANDS_GROUP), key=lambda entry: entry.name)
    for registrar in [entry.load() for entry in announced] or [register]:  # a checkout that is not installed has none
        registrar(subparsers)
    arguments = parser.parse_args(argv)
    run: Callable[[argparse.Namespace], int] = arguments.run
    try:
        return run(arguments)
    except AigovError as exc:
        sys.stderr.write(f"aigov: {' '.join(str(exc).splitlines())}\n")
        return UNUSABLE
    except KeyboardInterrupt:
        return INTERRUPTED


def register(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the builder's commands: build, validate, format, evaluate."""
    parser = subparsers.add_parser("build", help="build the graph from texts and write a release")
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or folders (default: bundled texts)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write")
    parser.add_argument("--jobs", type=_positive, metavar="N", help="worker processes (default: by number of texts)")
    parser.set_defaults(run=run_build)

    parser = subparsers.add_parser("validate", help="check RDF files against the shapes")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=".ttl .trig .nq .nt .rdf .jsonld")
    parser.set_defaults(run=run_validate)

    parser = subparsers.add_parser("format", help="rewrite Turtle files in the canonical form")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files, or folders with *.ttl below them")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a file would change")
    parser.set_defaults(run=run_format)

    parser = subparsers.add_parser("evaluate", help="measure the extraction against gold annotations")
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="the texts (default: bundled texts)")
    parser.add_argument("--gold", type=Path, metavar="DIR", help="WORK.LANGUAGE.jsonl files (default: data/gold)")
    parser.set_defaults(run=run_evaluate)


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
    """Print one table a text that has gold, and their sum."""
    from graph_builder.evaluate import format_table, load_gold, pool, score, to_annotated
    from graph_builder.pipeline import extract_documents
    from graph_builder.settings import load_settings

    settings = load_settings()
    folder: Path = arguments.gold or settings.root / "data" / "gold"
    gold_by_stem = {path.stem: load_gold(path) for path in sorted(folder.glob("*.jsonl"))}
    if not gold_by_stem:
        raise AigovError(str(folder), "no gold annotations (*.jsonl) there", "name their folder with --gold")
    tables = []
    for extraction in extract_documents(arguments.paths, settings, progress=_show_progress):
        gold = gold_by_stem.get(f"{_work_of(extraction)}.{_language_of(extraction)}")
        gold = gold_by_stem.get(Path(extraction.document.name).stem) if gold is None else gold
        if gold is not None:
            tables.append(score(gold, to_annotated(extraction)))
            sys.stdout.write(f"{_work_of(extraction)} {_language_of(extraction)}\n{format_table(tables[-1])}\n\n")
    if not tables:
        raise AigovError(str(folder), "no annotations of these texts", "name them WORK.LANGUAGE.jsonl")
    sys.stdout.write(f"all {len(tables)} texts\n{format_table(pool(tables))}\n")
    return FINE


def _positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise ValueError("less than one")
    return number


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


if __name__ == "__main__":
    sys.exit(main())
