"""N-Quads written straight from what texts say are those of the quads."""

from extractions import make_chinese, make_english

from graph_builder.annotations import CONTEXT_CHARS
from graph_builder.model import AlignedPair, Extraction
from graph_builder.nquads import format_work
from graph_builder.quads import VocabularyLinks, to_alignment_quads, to_quads
from graph_builder.serialization import format_nquads
from graph_builder.vocab import SDG

LINKS = VocabularyLinks({"domain/health": (SDG["3"],)})


def write(*versions: Extraction) -> str:
    return b"".join(format_work(versions, LINKS)).decode()


def test_a_work_is_written_as_its_quads_are() -> None:
    versions = [make_english(), make_chinese()]
    aligned = list(to_alignment_quads(*versions, [AlignedPair(0, 0, 0.5)]))
    expected = format_nquads([*to_quads(versions, LINKS), *aligned])
    assert b"".join(format_work(versions, LINKS, aligned)).decode() == "".join(expected)


def test_words_that_need_escapes_are_written_as_the_quads_are() -> None:
    extraction = make_english()
    assert "\\t" in write(extraction)
    assert '\\"' in write(extraction)
    assert write(extraction) == "".join(format_nquads(to_quads([extraction], LINKS)))


def test_lines_are_sorted_and_come_once() -> None:
    lines = write(make_english(), make_chinese()).splitlines()
    assert lines == sorted(set(lines))


def test_context_is_cut_at_the_edges_of_the_text() -> None:
    extraction = make_chinese()
    assert len(extraction.text.raw) < 3 * CONTEXT_CHARS
    assert write(extraction) == "".join(format_nquads(to_quads([extraction], LINKS)))
