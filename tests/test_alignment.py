"""Statements of two language versions that say the same."""

from dataclasses import replace

import pytest

from graph_builder.alignment import align
from graph_builder.extraction import extract
from graph_builder.lexicon import compile_lexicon
from graph_builder.model import Extraction
from graph_builder.ontology import load_vocabulary
from graph_builder.reading import read_document
from graph_builder.settings import Settings
from graph_builder.structure import segment_document
from graph_builder.text import clean_text

WORK = "capacity-building-action-plan"


@pytest.fixture(scope="module")
def versions(settings: Settings) -> tuple[Extraction, Extraction]:
    lexicons = compile_lexicon(load_vocabulary(settings))
    found = []
    for name in (f"{WORK}.zh-Hant.txt", f"{WORK}.en.txt"):
        document = read_document(settings.sources / name, frozenset({"china"}), frozenset())
        text = clean_text(document.raw, document.registration.language)
        found.append(extract(document, text, segment_document(text, document.registration), lexicons))
    return found[0], found[1]


def test_versions_of_one_work_align_almost_wholly(versions: tuple[Extraction, Extraction]) -> None:
    chinese, english = versions
    pairs = align(chinese, english)
    assert len(pairs) >= 0.9 * min(len(chinese.statements), len(english.statements))
    same = [p for p in pairs if chinese.statements[p.left].act == english.statements[p.right].act]
    assert len(same) >= 0.9 * len(pairs)


def test_a_statement_is_in_one_pair_at_most(versions: tuple[Extraction, Extraction]) -> None:
    pairs = align(*versions)
    assert len({p.left for p in pairs}) == len({p.right for p in pairs}) == len(pairs)


def test_alignment_is_symmetric_and_keeps_the_order(versions: tuple[Extraction, Extraction]) -> None:
    chinese, english = versions
    there = {(p.left, p.right) for p in align(chinese, english)}
    back = {(p.right, p.left) for p in align(english, chinese)}
    assert len(there & back) >= 0.95 * len(there)


def test_an_empty_version_aligns_with_nothing(versions: tuple[Extraction, Extraction]) -> None:
    chinese, english = versions
    assert align(chinese, replace(english, statements=())) == ()
