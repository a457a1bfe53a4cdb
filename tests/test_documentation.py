"""What the documentation says exists, and what exists is in the documentation."""

import argparse
import re
from dataclasses import fields
from pathlib import Path

import pytest

from graph_builder import cli as builder_cli
from service import cli as service_cli
from service.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SERVICE = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "ontology" / "STYLE.md",
    *(ROOT / "docs").glob("*.md"),
]


def commands() -> set[str]:
    subparsers = argparse.ArgumentParser().add_subparsers()
    builder_cli.register(subparsers)
    service_cli.register(subparsers)
    return set(subparsers.choices)


@pytest.mark.parametrize("setting", [field.name for field in fields(Settings)])
def test_every_setting_is_documented(setting: str) -> None:
    assert f"`{PREFIX}{setting.upper()}`" in SERVICE


def test_every_documented_setting_exists() -> None:
    documented = set(re.findall(rf"`{PREFIX}([A-Z_]+)`", SERVICE))
    assert documented <= {field.name.upper() for field in fields(Settings)}


def test_every_command_is_named_in_the_changelog_or_readme() -> None:
    text = README + (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for command in commands():
        assert re.search(rf"`?(?:aigov )?{command}`?", text), command


def test_every_documented_command_exists() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    assert set(re.findall(r"\baigov (build|validate|evaluate|format|serve|\w+)\b(?= [-A-Z]|`)", text)) <= commands()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_named_file_and_make_target_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)) <= targets
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (path.parent / link).exists(), link
