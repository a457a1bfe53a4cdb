"""The command `aigov`: data to stdout, messages to stderr; exit code 0 fine, 1 findings, 2 unusable input.

Subcommands announce themselves by entry points of the group `aigov.commands`: functions that take the subparsers. What
a command needs is imported when it runs, so that `aigov --help` stays quick.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from pathlib import Path

from graph_builder.commands import run_build, run_compare, run_dump, run_evaluate, run_format, run_suggest, run_validate
from graph_builder.errors import AigovError

COMMANDS_GROUP = "aigov.commands"
UNUSABLE, INTERRUPTED = 2, 130

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
    """Add the builder's commands: build, dump, validate, format, evaluate, compare, suggest."""
    parser = subparsers.add_parser("build", help="build the graph from texts and write a release")
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or folders (default: bundled texts)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write")
    parser.add_argument("--jobs", type=_positive, metavar="N", help="worker processes (default: by number of texts)")
    parser.set_defaults(run=run_build)

    parser = subparsers.add_parser("dump", help="write what texts say to the standard output, as N-Quads, unchecked")
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or folders (default: bundled texts)")
    parser.add_argument("--jobs", type=_positive, metavar="N", help="worker processes (default: by number of works)")
    parser.set_defaults(run=run_dump)

    parser = subparsers.add_parser("validate", help="check RDF files against the shapes")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=".ttl .trig .nq .nt .rdf .jsonld")
    parser.set_defaults(run=run_validate)

    parser = subparsers.add_parser("format", help="rewrite Turtle files in the canonical form")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files, or folders with *.ttl below them")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a file would change")
    parser.set_defaults(run=run_format)

    parser = subparsers.add_parser("evaluate", help="measure the extraction against gold annotations")
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="the texts (default: bundled texts)")
    gold_help = "a folder of WORK.LANGUAGE.jsonl files, may be repeated (default: beside the texts, then data/gold)"
    parser.add_argument("--gold", type=Path, action="append", default=[], metavar="DIR", help=gold_help)
    parser.add_argument("--json", action="store_true", help="write JSON for programs")
    parser.set_defaults(run=run_evaluate)

    parser = subparsers.add_parser("compare", help="report where two language versions of a work differ")
    parser.add_argument("left", metavar="TEXT_A", help="a file, or WORK/LANG of a bundled text")
    parser.add_argument("right", metavar="TEXT_B", help="the same work in another language")
    parser.add_argument("--json", action="store_true", help="write JSON for programs")
    parser.set_defaults(run=run_compare)

    parser = subparsers.add_parser("suggest", help="list what texts say that the vocabulary has no words for")
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or folders (default: bundled texts)")
    parser.add_argument("--limit", type=_positive, default=30, metavar="N", help="rows a table (default: 30)")
    parser.add_argument("--json", action="store_true", help="write JSON for programs, without a limit")
    parser.set_defaults(run=run_suggest)


def _positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise ValueError("less than one")
    return number


if __name__ == "__main__":
    sys.exit(main())
