"""What may change in a text without changing what it says: no gold is needed to compare two builds.

Every property runs on the bundled texts and on `data/gold/passages`. Statements are compared sentence by sentence, with
everything but their offsets. A property that the builder breaks is a strict xfail.
"""

import random
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache, partial
from itertools import groupby
from pathlib import Path

import pytest
import variants
from rdflib import Graph
from variants import Change

from graph_builder.extraction import extract
from graph_builder.iri import identifier_of
from graph_builder.lexicon import Lexicon
from graph_builder.model import Extraction, Registration, SourceDocument, Statement
from graph_builder.ontology import load_vocabulary
from graph_builder.pipeline import extract_documents
from graph_builder.quads import load_links, to_quads
from graph_builder.reading import read_document
from graph_builder.serialization import format_nquads
from graph_builder.settings import Settings
from graph_builder.structure import segment_document
from graph_builder.text import clean_text

DATA = Path(__file__).resolve().parents[2] / "data"
PATHS = {path.stem: path for folder in ("sources", "gold/passages") for path in sorted((DATA / folder).glob("*.txt"))}
UNRELATED = ("boutique-vie-privee", "customs-form", "football-report", "gadget-page", "pont-saint-luce", "stock-howto")
POLICY = [name for name in PATHS if not name.startswith(UNRELATED)]
CHINESE = [name for name in PATHS if ".zh-" in name]
LATIN = [name for name in PATHS if name not in CHINESE]
RUNNING = [name for name in POLICY if name in LATIN and name != "learned-societies-charter.en"]  # that one is wrapped

HEADER = "International charter on shared intelligence"

CAPITALS = "a paragraph that a page break cuts before a capital or a digit is not joined"

ITEMS = {
    "capacity-building-action-plan.en": r"^– (?P<words>.+)$",
    "capacity-building-action-plan.zh-Hant": r"^ *\([一二三四五六七八九十]+\)(?P<words>中.+)$",
    "china-france-joint-statement-2024.zh-Hant": r"^ *\?\?\d+\.(?P<words>.+)$",
    "global-ai-governance-action-plan.zh-Hant": r"^[一二三四五六七八九十]+ ?、(?P<words>.+)$",
    "children-resolution.fr": r"^\t\d+\.\t(?P<words>.+)$",
    "china-brazil-joint-statement.zh-Hans": r"^　　[一二三四五六七八九十]+、(?P<words>.+)$",
    "company-charter.fr": r"^(?P<words>.{90,})$",
    "disaster-resolution.en": r"^\t\d+\.\t(?P<words>.+)$",
    "g7-communique.en": r"^\d+\. (?P<words>.+[^:])$",
}
"""Numbered parts that do not refer to one another, by text."""

Said = list[tuple[tuple[object, ...], ...]]
"""The statements of each sentence, in order, without offsets."""


@dataclass(frozen=True)
class Reader:
    """Reads texts as the pipeline does; those that are as they stand once only."""

    lexicons: Mapping[str, Lexicon]
    documents: Mapping[str, SourceDocument]
    known: dict[str, Extraction] = field(default_factory=dict)

    def __call__(self, name: str) -> Extraction:
        """Read a text of the project."""
        if name not in self.known:
            self.known[name] = self.change(name, str)
        return self.known[name]

    def change(self, name: str, change: Change, *, language: str | None = None) -> Extraction:
        """Read a text of the project that was changed, under its registry entry."""
        document = self.documents[name]
        entry = replace(document.registration, language=language or document.registration.language)
        return self.read(change(document.raw), entry)

    def read(self, raw: str, entry: Registration) -> Extraction:
        """Read any text."""
        text = clean_text(raw, entry.language)
        document = SourceDocument("t", raw, "", 0, "text/plain", entry)
        return extract(document, text, segment_document(text, entry), self.lexicons)


@pytest.fixture(scope="module")
def vocabulary(settings: Settings) -> Graph:
    return load_vocabulary(settings)


@pytest.fixture(scope="module")
def read(lexicons: dict[str, Lexicon], vocabulary: Graph) -> Reader:
    known = {identifier_of(str(subject)) or "" for subject in vocabulary.subjects(unique=True)}
    actors = frozenset(name.removeprefix("actor/") for name in known if name.startswith("actor/"))
    events = frozenset(name.removeprefix("event/") for name in known if name.startswith("event/"))
    return Reader(lexicons, {name: read_document(path, actors, events) for name, path in PATHS.items()})


def say(extraction: Extraction) -> Said:
    """Return the statements of every sentence, also of those that bear none."""
    said: list[list[tuple[object, ...]]] = [[] for _ in extraction.structure.sentences]
    for statement in extraction.statements:
        said[statement.sentence].append(_without_offsets(statement))
    return [tuple(statements) for statements in said]


def say_in_sentences(extraction: Extraction) -> Said:
    """Return the statements of the sentences that bear some."""
    return [statements for statements in say(extraction) if statements]


def count(extraction: Extraction) -> Counter[tuple[object, ...]]:
    """Return how often each statement is made, anywhere."""
    return Counter(statement for statements in say(extraction) for statement in statements)


def measure_excluded(extraction: Extraction) -> int:
    """Return how many code points of the source stand in excluded regions."""
    spans = [extraction.text.raw_span(region.span) for region in extraction.structure.excluded]
    return sum(span.end - span.start for span in spans)


def vary(names: Sequence[str], broken: Mapping[str, str] | None = None, **changes: Change) -> pytest.MarkDecorator:
    """Parametrize a test by each text and each change that changes it; `broken`: `CHANGE-NAME` → why it fails."""
    reasons = broken or {}
    cases = []
    for name in names:
        raw = PATHS[name].read_bytes().decode()
        for label, change in changes.items():
            key = f"{label}-{name}"
            marks = [_marked(reasons[key])] if key in reasons else []
            if change(raw) != raw:
                cases.append(pytest.param(name, change, id=key, marks=marks))
    return pytest.mark.parametrize(("name", "change"), cases)


@cache
def _compared() -> tuple[str, ...]:
    offsets = {"sentence", "cue", "evidence", "candidates"}
    return tuple(part.name for part in fields(Statement) if part.name not in offsets)


def _without_offsets(statement: Statement) -> tuple[object, ...]:
    kinds = tuple(candidate.kind for candidate in statement.candidates)
    return (*(getattr(statement, name) for name in _compared()), kinds)


def _furniture(name: str) -> tuple[list[str], list[str]]:
    """Return the lines of a page above and below, in the language and script of a text."""
    language = name.rsplit(".", 1)[1]
    write = variants.to_traditional if language == "zh-Hant" else str
    before, after = variants.BEFORE[language[:2]], variants.AFTER[language[:2]]
    return [write(line) for line in before], [write(line) for line in after]


def _marked(reason: str) -> pytest.MarkDecorator:
    return pytest.mark.xfail(raises=AssertionError, strict=True, reason=reason)


@pytest.mark.parametrize("name", POLICY)
def test_a_text_of_policy_has_something_to_compare(read: Reader, name: str) -> None:
    assert len(read(name).statements) > 5


@vary(CHINESE, simplified=variants.to_simplified, traditional=variants.to_traditional)
def test_script_does_not_matter(read: Reader, name: str, change: Change) -> None:
    language = "zh-Hans" if change is variants.to_simplified else "zh-Hant"
    assert say(read.change(name, change, language=language)) == say(read(name))


@vary(CHINESE, few=partial(variants.gloss, seed=1, share=0.1), many=partial(variants.gloss, seed=2, share=0.6))
def test_pinyin_does_not_matter(read: Reader, name: str, change: Change) -> None:
    assert say(read.change(name, change)) == say(read(name))


@vary(CHINESE, wide=variants.widen, narrow=variants.narrow)
def test_width_of_punctuation_does_not_matter(read: Reader, name: str, change: Change) -> None:
    assert say(read.change(name, change)) == say(read(name))


@vary(LATIN, straight=variants.straighten, curly=variants.curl, guillemets=variants.quote_in_guillemets)
def test_form_of_quotation_marks_and_apostrophes_does_not_matter(read: Reader, name: str, change: Change) -> None:
    assert say(read.change(name, change)) == say(read(name))


@vary(
    LATIN,
    no_break=partial(variants.bind_spaces, space="\u00a0"),
    narrow_no_break=partial(variants.bind_spaces, space="\u202f"),
)
def test_kind_of_space_does_not_matter(read: Reader, name: str, change: Change) -> None:
    assert say(read.change(name, change)) == say(read(name))


@vary(
    [name for name in LATIN if name.endswith(".fr")],
    no_break=partial(variants.space_marks, space="\u00a0"),
    narrow_no_break=partial(variants.space_marks, space="\u202f"),
    none=partial(variants.space_marks, space=""),
)
def test_space_before_french_marks_does_not_matter(read: Reader, name: str, change: Change) -> None:
    assert say(read.change(name, change)) == say(read(name))


@vary(list(PATHS), decomposed=variants.decompose, composed=variants.compose)
def test_normal_form_does_not_matter(read: Reader, name: str, change: Change) -> None:
    assert say(read.change(name, change)) == say(read(name))


@vary(
    list(PATHS),
    lf=partial(variants.end_lines, end="\n"),
    crlf=partial(variants.end_lines, end="\r\n"),
    cr=partial(variants.end_lines, end="\r"),
)
def test_form_of_line_ends_does_not_matter(read: Reader, name: str, change: Change) -> None:
    assert say(read.change(name, change)) == say(read(name))


@pytest.mark.parametrize("gap", ["\n", "\n\n"], ids=["tight", "loose"])
@pytest.mark.parametrize("name", POLICY)
def test_the_page_around_a_text_does_not_matter(read: Reader, name: str, gap: str) -> None:
    before, after = _furniture(name)
    for lines in ((before, ()), ((), after), (before, after)):
        furnished = read.change(name, partial(variants.furnish, before=lines[0], after=lines[1], gap=gap))
        assert say(furnished) == say(read(name))
        assert measure_excluded(furnished) > measure_excluded(read(name))


@pytest.mark.parametrize("gap", ["\n", "\n\n"], ids=["tight", "loose"])
@pytest.mark.parametrize("name", [name for name in PATHS if name not in POLICY])
def test_the_page_around_an_unrelated_text_states_nothing(read: Reader, name: str, gap: str) -> None:
    before, after = _furniture(name)
    furnished = read.change(name, partial(variants.furnish, before=before, after=after, gap=gap))
    assert count(furnished) <= count(read(name))


@vary(RUNNING, wrap=variants.wrap)
def test_hard_line_breaks_do_not_matter(read: Reader, name: str, change: Change) -> None:
    wrapped = read.change(name, lambda raw: change(variants.set_apart(raw)))
    assert say(wrapped) == say(read.change(name, variants.set_apart))


@vary(
    RUNNING,
    {"long-disaster-resolution.en": CAPITALS},
    short=partial(variants.print_pages, header=HEADER, rows=18),
    middle=partial(variants.print_pages, header=HEADER, rows=22),
    long=partial(variants.print_pages, header=HEADER, rows=24),
)
def test_pages_do_not_matter(read: Reader, name: str, change: Change) -> None:
    printed = read.change(name, lambda raw: change(variants.set_apart(raw)))
    assert say_in_sentences(printed) == say_in_sentences(read.change(name, variants.set_apart))


@pytest.mark.parametrize("name", [*RUNNING, *(name for name in POLICY if name in CHINESE)])
def test_a_paragraph_set_twice_says_nothing_new(read: Reader, name: str) -> None:
    extraction = read(name)
    bearing = sorted({statement.sentence for statement in extraction.statements})
    for sentence in bearing[2::5]:
        at = extraction.text.raw_span(extraction.structure.sentences[sentence].span).start
        twice = read.change(name, partial(variants.repeat_line, at=at))
        assert count(twice) == count(extraction), extraction.text.raw[at : at + 80]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", ITEMS)
def test_order_of_independent_items_does_not_matter(read: Reader, name: str, seed: int) -> None:
    shuffled = read.change(name, partial(variants.shuffle_items, item=ITEMS[name], seed=seed))
    assert shuffled.text.raw != read(name).text.raw
    assert count(shuffled) == count(read(name))


def test_order_of_documents_leaves_every_byte_of_their_quads(
    settings: Settings, vocabulary: Graph, tmp_path: Path
) -> None:
    links = load_links(vocabulary)
    written = []
    for seed in (1, 2):
        names = sorted(PATHS)
        random.Random(seed).shuffle(names)
        for place, name in enumerate(names):  # sources are read in the order of their paths
            folder = tmp_path / f"{seed}" / f"{place:02}"
            folder.mkdir(parents=True)
            for path in (PATHS[name], PATHS[name].with_suffix(".toml")):
                shutil.copy(path, folder)
        extractions = extract_documents([tmp_path / f"{seed}"], settings, vocabulary=vocabulary, jobs=1)
        works = groupby(extractions, key=lambda extraction: extraction.document.registration.work)
        quads = [quad for _, versions in works for quad in to_quads(list(versions), links)]
        written.append("".join(format_nquads(quads)))
    assert written[0].count("\n") > 10_000
    assert written[0] == written[1]


SAME = (
    (
        *("no watermark", "zh-Hans"),
        "一、各方应坚持“智能向善”的宗旨和公平。\n二、各方应保护隐私。\n三、各方应遵循“以人为本”的公平和宗旨。\n",
        "一、各方应坚持“智能向善”的宗旨和公平。\n二、各方应保护隐私。\n三、各方应遵循“以人为本”的宗旨和公平。\n",
    ),
    (
        *("digits of full width", "zh-Hans"),
        "支持联合国2030年可持续发展议程。\n",
        "支持联合国２０３０年可持续发展议程。\n",
    ),
    (
        *("a blank behind a hyphen", "en"),
        "We support infor-\nmation sharing and capacity-building.\n",
        "We support infor- \nmation sharing and capacity-building.\n",
    ),
    (
        *("tabs between words", "en"),
        "The Chinese government will hold 10 workshops aimed at developing countries.\n",
        "The\tChinese\tgovernment\twill\thold\t10\tworkshops\taimed\tat\tdeveloping\tcountries.\n",
    ),
    (
        *("lines that begin alike", "en"),
        "China will protect privacy and engage with all countries in triangular cooperation, including South-South "
        "cooperation, and support training.\n",
        "China will protect privacy and engage with all countries in triangular\n"
        "cooperation, including the many forms of technical and South-South\n"
        "cooperation, and support training.\n",
    ),
    (
        *("a page that ends in a comma", "en"),
        "China is ready to share data openly and to support training,\nin keeping with the Charter of the UN.\n",
        "China is ready to share data openly and to support training,\n\n1\n\nin keeping with the Charter of the UN.\n",
    ),
    (
        *("a page that begins with a capital", "en"),
        "China is ready to share data in keeping with the Charter of the United Nations.\n",
        "China is ready to share data in keeping with the\n\n1\n\nCharter of the United Nations.\n",
    ),
)
"""Small texts that say the same: what is changed, the language, before, after."""


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [pytest.param(language, *texts, id=what) for what, language, *texts in SAME],
)
def test_small_changes_do_not_matter(read: Reader, language: str, before: str, after: str) -> None:
    entry = Registration("t", (), language, "policy-instrument", ("china",))
    assert say_in_sentences(read.read(after, entry)) == say_in_sentences(read.read(before, entry))


def test_a_row_of_page_controls_is_no_title(read: Reader) -> None:
    entry = Registration("t", (), "en", "policy-instrument", ("china",))
    raw = "Home | News | Documents | Contact us\n\nA Plan for Good\n\nChina is ready to build joint laboratories.\n"
    title = read.read(raw, entry).structure.title
    assert title is not None
    assert raw[title.start : title.end] == "A Plan for Good"
