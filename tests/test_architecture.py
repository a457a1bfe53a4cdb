"""The import directions, and that importing a module does nothing; read from the source with `ast`."""

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

LAYERS: list[list[set[str]]] = [
    [{"vocab", "errors"}],
    [{"iri", "model", "settings", "turtle", "prepared_queries"}],
    [{"ontology", "mappings"}, {"reading"}, {"text"}, {"structure"}, {"lexicon"}],
    [{"extraction"}],
    [{"alignment"}, {"suggestions"}],
    [{"comparison"}, {"annotations", "quads", "serialization", "nquads"}],
    [{"rules"}, {"checks", "rdf_files"}, {"evaluation"}, {"release", "catalog", "blank_nodes"}],
    [{"pipeline"}],
    [{"commands"}],
    [{"cli"}],
]
"""Layers of `graph_builder`, lowest first. A layer is made of neighbours: they do not import one another."""

SERVICE_MAY_USE = {"vocab", "errors", "iri", "model", "checks"}

ONLY_IN = {
    "pyoxigraph": ("service.store", "graph_builder.turtle", "graph_builder.rules"),
    "pyshacl": ("graph_builder.checks",),
    "SPARQLWrapper": ("service.store.remote", "service.client"),
    "fastapi": ("service",),
}

VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "lib", "base"}


@cache
def find_modules() -> dict[str, Path]:
    """Return dotted name → file of every module of the two packages."""
    modules = {}
    for package in ("graph_builder", "service"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return modules


@cache
def find_imports(module: str) -> frozenset[str]:
    """Return what a module imports anywhere but under TYPE_CHECKING; `from a import b` is `a.b` if a module is."""
    path = find_modules()[module]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            node.body = []
    imports: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                imports.add(name if name in find_modules() else str(node.module))
    return frozenset(imports)


def part_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def builder_modules() -> list[str]:
    return [module for module in find_modules() if module.startswith("graph_builder.")]


def place_of(part: str) -> tuple[int, int]:
    for layer, neighbours in enumerate(LAYERS):
        for place, parts in enumerate(neighbours):
            if part in parts:
                return layer, place
    raise AssertionError(f"graph_builder.{part} has no layer: add it to LAYERS, and to the architecture")


@pytest.mark.parametrize("module", builder_modules())
def test_builder_imports_only_to_the_left(module: str) -> None:
    layer, place = place_of(part_of(module))
    for name in find_imports(module):
        if name.startswith("graph_builder."):
            other_layer, other_place = place_of(part_of(name))
            assert other_layer < layer or (other_layer, other_place) == (layer, place), f"{module} imports {name}"


def test_builder_never_imports_the_service() -> None:
    assert not [m for m in builder_modules() if any(name.split(".")[0] == "service" for name in find_imports(m))]


@pytest.mark.parametrize("module", [module for module in find_modules() if module.startswith("service")])
def test_service_uses_little_of_the_builder(module: str) -> None:
    used = {part_of(name) for name in find_imports(module) if name.split(".")[0] == "graph_builder"}
    assert used <= SERVICE_MAY_USE


@pytest.mark.parametrize("library", ONLY_IN)
def test_library_stays_in_its_place(library: str) -> None:
    users = [m for m in find_modules() if any(name.split(".")[0] == library for name in find_imports(m))]
    strangers = [m for m in users if not any(m == home or m.startswith(home) for home in ONLY_IN[library])]
    assert not strangers


def test_there_are_no_import_cycles() -> None:
    TopologicalSorter({module: find_imports(module) & find_modules().keys() for module in find_modules()}).prepare()


def test_every_layer_names_a_part_that_exists() -> None:
    named = {part for layer in LAYERS for parts in layer for part in parts}
    assert named == {part_of(module) for module in builder_modules()}


def test_no_module_has_a_vague_name() -> None:
    assert not [module for module in find_modules() if VAGUE_NAMES & set(module.split("."))]


WATCH = """
import importlib, sys
root, prefix, names = sys.argv[1], sys.prefix, sys.argv[2:]
touched = []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], str):
        path = arguments[0]
        ours = path.startswith(root) and not path.startswith(prefix)
        if ours and "__pycache__" not in path and not path.endswith(".py"):
            touched.append(path)
    elif event in ("socket.connect", "socket.bind", "subprocess.Popen", "os.mkdir", "tempfile.mkdtemp"):
        touched.append(f"{event} {arguments}")
sys.addaudithook(watch)
for name in names:
    importlib.import_module(name)
print("\\n".join(touched))
"""


def test_importing_a_module_does_nothing() -> None:
    command = [sys.executable, "-c", WATCH, str(ROOT), *find_modules()]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == ""


def test_help_needs_no_heavy_library() -> None:
    code = "import sys, graph_builder.cli; print([m for m in ('rdflib', 'pyshacl', 'fastapi') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
