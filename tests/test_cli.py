"""The command `aigov`, run as people run it: what it prints, what it writes, how it ends."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfWriter
from rdflib import Graph

from graph_builder import pipeline
from graph_builder.cli import main
from graph_builder.ontology import load_vocabulary
from graph_builder.settings import load_settings

ROOT = Path(__file__).resolve().parents[1]
ENTRY = 'work = "small"\ntitle = {{ en = "Small" }}\nlanguage = "en"\nissuers = ["{issuer}"]\nkind = "{kind}"\n'


def run(*arguments: str | Path, root: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "graph_builder.cli", *map(str, arguments)]
    variables = os.environ | {"PYTHONPATH": str(root)} | environment
    return subprocess.run(command, cwd=root, env=variables, capture_output=True, text=True, check=False)


def put_text(folder: Path, text: bytes, *, issuer: str = "china", kind: str = "policy-instrument") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "small.toml").write_text(ENTRY.format(issuer=issuer, kind=kind), encoding="utf-8")
    (folder / "small.txt").write_bytes(text)
    return folder / "small.txt"


@pytest.fixture(scope="module")
def vocabulary() -> Graph:
    return load_vocabulary(load_settings())


@pytest.fixture
def refuse(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, vocabulary: Graph
) -> Callable[..., None]:
    """Build into `tmp_path / "out"` and see it refused: code 2, one line on stderr, nothing written."""
    monkeypatch.setattr(pipeline, "load_vocabulary", lambda _: vocabulary)  # the real one, read once for all refusals

    def check(path: Path, *words: str) -> None:
        before = set(tmp_path.iterdir())
        assert main(["build", str(path), "--out", str(tmp_path / "out")]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert len(captured.err.splitlines()) == 1
        assert captured.err.startswith("aigov: ")
        for word in words:
            assert word in captured.err
        assert set(tmp_path.iterdir()) == before

    return check


def test_help_comes_at_once() -> None:
    run("--help")
    start = time.perf_counter()
    result = run("--help")
    assert time.perf_counter() - start < 2.0  # half a second on an idle machine
    assert result.returncode == 0
    for command in ("build", "validate", "format", "evaluate", "compare", "suggest"):
        assert command in result.stdout


def test_build_prints_a_table_and_no_progress_into_a_pipe(
    release: Path, build_log: subprocess.CompletedProcess[str]
) -> None:
    assert build_log.stderr == ""
    lines = build_log.stdout.splitlines()
    assert lines[0].split() == ["document", "language", "sentences", "statements", "mentions", "excluded", "seconds"]
    assert len(lines) == 7
    assert lines[-1].endswith(str(release))


def test_two_builds_give_the_same_bytes(release: Path, tmp_path: Path) -> None:
    result = run("build", "--out", tmp_path / "again", "--jobs", "2", PYTHONHASHSEED="4242")
    assert result.returncode == 0, result.stderr
    for name in ("graph.nq", "graph.trig"):
        assert (tmp_path / "again" / name).read_bytes() == (release / name).read_bytes()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("China will do it. \u00e9".encode("latin-1"), ["small.txt", "byte 18", "UTF-8"], id="not-utf-8"),
        pytest.param(b"", ["small.txt", "empty"], id="empty"),
        pytest.param(b" \n\t\n", ["small.txt"], id="blank"),
    ],
)
def test_unreadable_text_is_refused(refuse: Callable[..., None], tmp_path: Path, text: bytes, words: list[str]) -> None:
    refuse(put_text(tmp_path / "in", text), *words)


def test_pdf_without_text_is_refused(refuse: Callable[..., None], tmp_path: Path) -> None:
    path = put_text(tmp_path / "in", b"").with_suffix(".pdf")
    (tmp_path / "in" / "small.txt").unlink()
    writer = PdfWriter()
    writer.add_blank_page(width=100, height=100)
    writer.write(path)
    refuse(path, "small.pdf", "text")


@pytest.mark.parametrize("changes", [{"issuer": "atlantis"}, {"kind": "poem"}], ids=["unknown-actor", "wrong-kind"])
def test_wrong_registry_entry_is_refused(refuse: Callable[..., None], tmp_path: Path, changes: dict[str, str]) -> None:
    path = put_text(tmp_path / "in", b"China will do it.\n", **changes)
    refuse(path, "small.toml", *changes.values())


@pytest.mark.parametrize("entry", ["work = \n", 'title = { en = "Small" }\nlanguage = "en"\n'], ids=["toml", "fields"])
def test_broken_registry_entry_is_refused(refuse: Callable[..., None], tmp_path: Path, entry: str) -> None:
    path = put_text(tmp_path / "in", b"China will do it.\n")
    path.with_suffix(".toml").write_text(entry, encoding="utf-8")
    refuse(path, "small.toml")


def test_path_that_is_not_there_is_refused(refuse: Callable[..., None], tmp_path: Path) -> None:
    refuse(tmp_path / "nowhere", "nowhere")


def test_folder_without_texts_is_refused(refuse: Callable[..., None], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    refuse(tmp_path / "in", "no source file")


@pytest.mark.parametrize("name", ["aigov.ttl", "vocabulary/actors.ttl"])
def test_broken_ontology_is_refused_with_file_and_line(tmp_path: Path, name: str) -> None:
    root, out = tmp_path / "root", tmp_path / "out"
    for folder in ("graph_builder", "ontology", "shapes", "data"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    path = root / "ontology" / name
    path.write_text("<a> <b> .\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    result = run("build", "--out", out, root=root)
    assert (result.returncode, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert f"{path}, line 1" in result.stderr
    assert not out.exists()


def test_destination_that_is_no_release_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")
    result = run("build", "--out", tmp_path / "out")
    assert (result.returncode, result.stdout) == (2, "")
    assert "holds no release" in result.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]


GOOD = "@prefix aig: <https://w3id.org/aigov/ontology#> .\n"
BAD = GOOD + "<https://w3id.org/aigov/statement/x> a aig:Statement .\n"


def test_validate_tells_which_file_breaks_which_rule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.ttl").write_text(BAD, encoding="utf-8")
    (tmp_path / "good.nt").write_text("<https://e.org/a> <https://e.org/b> <https://e.org/c> .\n", encoding="utf-8")
    assert main(["validate", str(tmp_path / "good.nt"), str(tmp_path / "bad.ttl")]) == 1
    report = capsys.readouterr().out
    assert f"{tmp_path}/good.nt: conforms\n" in report
    assert f"{tmp_path}/bad.ttl: does not conform\n" in report
    assert "aig:speaker" in report


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("broken.ttl", "<a> <b> ."),
        ("broken.nq", "<a> <b>"),
        ("graph.docx", ""),
        ("remote.jsonld", '{"@context": "https://schema.org/", "name": "x"}'),
        ("nested.jsonld", '{"@context": {}, "x": {"@context": ["https://e.org/c"]}}'),
    ],
)
def test_validate_refuses_what_it_cannot_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert main(["validate", str(tmp_path / name)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert name in captured.err


def test_format_rewrites_what_is_not_canonical(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.ttl"
    path.write_text(GOOD + "aig:b a aig:A. aig:a a aig:A .", encoding="utf-8")
    assert main(["format", "--check", str(path)]) == 1
    assert "aig:b a aig:A." in path.read_text(encoding="utf-8")
    assert main(["format", str(path)]) == 0
    assert path.read_text(encoding="utf-8").index("aig:a\n") < path.read_text(encoding="utf-8").index("aig:b\n")
    capsys.readouterr()
    assert main(["format", "--check", str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""
    assert [p.name for p in tmp_path.iterdir()] == ["a.ttl"]


def test_evaluate_prints_the_measures_of_a_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = put_text(tmp_path / "in", b"China is ready to build joint laboratories with all countries.\n")
    gold = """{"start": 0, "end": 62, "statements": [{"act": "commit", "speakers": ["china"],
        "partners": ["all-countries"], "topics": ["mechanism/joint-laboratory"]}]}"""
    (tmp_path / "small.en.jsonl").write_text(" ".join(gold.split()), encoding="utf-8")
    assert main(["evaluate", str(path), "--gold", str(tmp_path)]) == 0
    report = capsys.readouterr().out
    assert "\n## F1 by set\n" in report
    assert re.search(r"\| small en \| +1 \|( 1\.000 \(1\.00–1\.00\) \|){4}", report)


def test_evaluate_takes_annotations_beside_a_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = put_text(tmp_path / "mine", b"The shop sells shoes.\n")
    path.with_suffix(".jsonl").write_text("", encoding="utf-8")
    assert main(["evaluate", "--json", str(path.parent)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["sets"]["mine"]["unrelated"] == {"small en": 0}
    assert [text["work"] for text in found["texts"]] == ["small"]


def test_evaluate_tells_of_malformed_gold_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = put_text(tmp_path, b"China is ready to build joint laboratories with all countries.\n")
    path.with_suffix(".jsonl").write_text("nonsense\n", encoding="utf-8")
    assert main(["evaluate", str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert "line 1: no annotated sentence" in captured.err


def test_evaluate_without_gold_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--gold", str(tmp_path)]) == 2
    assert "no gold annotations" in capsys.readouterr().err


OFFER = "中方愿同各国共建联合实验室、热核聚变。\n"


def put_version(folder: Path, language: str, text: str) -> Path:
    entry = ENTRY.format(issuer="china", kind="policy-instrument").replace('"en"', f'"{language}"')
    (folder / f"small.{language}.toml").write_text(entry, encoding="utf-8")
    (folder / f"small.{language}.txt").write_text(text, encoding="utf-8")
    return folder / f"small.{language}.txt"


def test_compare_finds_no_difference_between_scripts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simplified = put_version(tmp_path, "zh-Hans", OFFER)
    traditional = put_version(tmp_path, "zh-Hant", "中方願同各國共建聯合實驗室、熱核聚變。\n")
    assert main(["compare", str(traditional), str(simplified)]) == 0
    assert "\npairs: 1, the same: 1, differing: 0\n" in capsys.readouterr().out


def test_compare_tells_both_forces_with_their_cues(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    english = put_version(tmp_path, "en", "China will build joint laboratories with all countries.\n")
    assert main(["compare", str(put_version(tmp_path, "zh-Hans", OFFER)), str(english)]) == 1
    assert re.search(r"zh-Hans: is-ready-to \(愿同?\) \| en: will \(will\)", capsys.readouterr().out)


def test_compare_takes_the_names_of_bundled_texts(capsys: pytest.CaptureFixture[str]) -> None:
    work = "capacity-building-action-plan"
    assert main(["compare", "--json", f"{work}/en", f"{work}/zh-Hant"]) == 1
    comparison = json.loads(capsys.readouterr().out)
    assert (comparison["left"]["language"], comparison["right"]["language"]) == ("en", "zh-Hant")
    assert len(comparison["pairs"]) + len(comparison["only_left"]) == comparison["left"]["statements"]


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        ("capacity-building-action-plan/en", "capacity-building-action-plan/en", "the same language"),
        ("capacity-building-action-plan/en", "he-yin-commentary-2024/zh-Hans", "not the same work"),
        ("capacity-building-action-plan/fr", "capacity-building-action-plan/en", "no such file or bundled text"),
    ],
)
def test_compare_refuses_what_is_no_other_version(
    capsys: pytest.CaptureFixture[str], left: str, right: str, words: str
) -> None:
    assert main(["compare", left, right]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert words in captured.err


def test_suggest_lists_what_the_vocabulary_has_no_words_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put_version(tmp_path, "zh-Hans", OFFER)
    assert main(["suggest", str(tmp_path)]) == 0
    assert "热核聚变" in capsys.readouterr().out
    assert main(["suggest", "--json", str(tmp_path)]) == 0
    (suggestion,) = json.loads(capsys.readouterr().out)["suggestions"]
    assert (suggestion["kind"], suggestion["occurrences"][0]["start"]) == ("list item", OFFER.index("热核聚变"))
