"""The fixtures around the one build of the bundled texts: its folder, its log, and the switch that rewrites goldens."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update-golden`."""
    parser.addoption("--update-golden", action="store_true", help="rewrite golden answers; review the difference")


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether goldens are to be rewritten."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(scope="session")
def build_log(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """What the command said that built the bundled texts; the release is its last argument."""
    out = tmp_path_factory.mktemp("release") / "out"
    command = [sys.executable, "-m", "graph_builder.cli", "build", "--jobs", "1", "--out", str(out)]
    variables = os.environ | {"PYTHONHASHSEED": "0"}
    result = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr
    return result


@pytest.fixture(scope="session")
def release(build_log: subprocess.CompletedProcess[str]) -> Path:
    """The folder of the release of the bundled texts; do not write into it."""
    return Path(build_log.args[-1])
