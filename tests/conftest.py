"""What several test modules need, and nothing that one alone needs.

`settings` points at the real ontology, shapes and texts of this checkout: data are tested as they are, not copies of
them. `shared` is the folder `../shared` with the design and its tools. A checkout need not have it: tests that read it
carry the marker `shared`, are not selected where it is absent (the run says so), and fail under CI=true, where it must
be there.
"""

import os
from pathlib import Path

import pytest
from rdflib import Graph

from graph_builder.settings import Settings
from graph_builder.turtle import parse_turtle

pytest_plugins = ["releases"]  # the build of the bundled texts, and --update-golden

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "shared: reads the folder ../shared, which a checkout may lack")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    needing = [item for item in items if item.get_closest_marker("shared")]
    if not needing or SHARED.is_dir() or os.environ.get("CI") == "true":
        return
    config.hook.pytest_deselected(items=needing)
    items[:] = [item for item in items if item not in needing]
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(f"{len(needing)} tests need ../shared, which is not here: not selected")


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The folders of this checkout."""
    return Settings(ROOT)


@pytest.fixture(scope="session")
def ontology(settings: Settings) -> Graph:
    """The real `aigov.ttl`; do not change it."""
    return parse_turtle(settings.ontology / "aigov.ttl")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder `../shared`."""
    if not SHARED.is_dir():
        pytest.fail("the folder shared must lie beside the checkout where CI=true")
    return SHARED
