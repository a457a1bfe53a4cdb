"""Hand-made extractions for the tests of the stages after extraction: a small work in two languages, without a file."""

from dataclasses import replace
from datetime import date

from graph_builder.model import (
    Candidate,
    Clause,
    CleanText,
    DocumentStructure,
    Extraction,
    Mention,
    Region,
    Registration,
    Sentence,
    SourceDocument,
    Span,
    Statement,
)

CHINESE_RAW = "頁眉 廣告\r\n一、願景\r\n中方(zhōngfāng)願同各國共建聯合實驗室,堅持公平。\r\n"
ENGLISH_RAW = 'I. Vision\nChina is ready to build "joint laboratories"\twith all countries by the end of 2025.\n'


def read_cleanly(raw: str, clean: str) -> CleanText:
    """Pair a raw text with a clean reading that leaves characters out or swaps them one for one, in order."""
    offsets, position = [], 0
    for character in clean:
        swapped = {"愿": "願", "国": "國", "联": "聯", "实": "實", "验": "驗", "坚": "堅"}.get(character, character)
        position = raw.index(swapped, position)
        offsets.append(position)
        position += 1
    return CleanText(raw, clean, (*offsets, len(raw)))


def find(text: CleanText, words: str) -> Span:
    """Return the clean span of `words`, which stand there once."""
    start = text.clean.index(words)
    return Span(start, start + len(words))


def make_registration(language: str, **changes: object) -> Registration:
    """Return the entry of the small work."""
    fields: dict[str, object] = {
        "work": "small-plan",
        "titles": (("en", "Small Plan"), ("zh-Hans", "小计划")),
        "language": language,
        "kind": "policy-instrument",
        "issuers": ("china",),
        "issued": date(2024, 9, 25),
        "issued_at": "waic-2025",
    }
    return Registration(**(fields | changes))  # type: ignore[arg-type]


def make_document(raw: str, registration: Registration, name: str) -> SourceDocument:
    """Return a source file whose hash is made of its language."""
    sha256 = registration.language.encode().hex().ljust(64, "0")
    return SourceDocument(name, raw, sha256, len(raw.encode()), "text/plain", registration)


def make_chinese(**changes: object) -> Extraction:
    """A Traditional text with an advert, a pinyin gloss, one offer and one position."""
    registration = make_registration(
        "zh-Hant", reprint=date(2024, 10, 9), publisher="某网", rights="© 发布者", **changes
    )
    text = read_cleanly(CHINESE_RAW, "頁眉 廣告\n一、願景\n中方愿同各国共建联合实验室,坚持公平。\n")
    offer, position = find(text, "中方愿同各国共建联合实验室"), find(text, "坚持公平")
    sentence = Span(offer.start, position.end + 1)
    structure = DocumentStructure(
        title=None,
        regions=(
            Region(find(text, "頁眉 廣告"), "advert", "an advert before the title"),
            Region(Span(find(text, "一、願景").start, len(text.clean)), "body", "the body"),
        ),
        clauses=(Clause("1", "一、", "愿景", 1, 1, None, sentence),),
        sentences=(Sentence(0, sentence, "1", 0),),
    )
    statements = (
        Statement(
            sentence=0,
            act="commit",
            force="is-ready-to",
            cue=find(text, "愿"),
            speakers=("china",),
            speaker_source="explicit",
            evidence=(offer,),
            confidence=0.9,
            topics=("domain/health", "mechanism/joint-laboratory"),
            partners=("all-countries",),
            deadline=date(2025, 12, 31),
            deadline_precision="year",
            quantity=10,
            candidates=(Candidate(find(text, "联合实验室"), "mechanism", "联合实验室"),),
        ),
        Statement(
            sentence=0,
            act="uphold",
            force="supports",
            cue=find(text, "坚持"),
            speakers=("china", "france"),
            speaker_source="clause",
            evidence=(position,),
            confidence=1.0,
            topics=("principle/fairness",),
            reported_by="people-s-daily",
        ),
    )
    mentions = (
        Mention(find(text, "中方"), "actor/china"),
        Mention(find(text, "联合实验室"), "mechanism/joint-laboratory"),
        Mention(find(text, "公平"), "principle/fairness"),
    )
    return Extraction(make_document(CHINESE_RAW, registration, "small.zh.txt"), text, structure, mentions, statements)


def make_english(**changes: object) -> Extraction:
    """The English version: one statement, twice with equal words and speakers but other topics."""
    registration = make_registration("en", source_url="https://example.org/a b", **changes)
    text = CleanText(ENGLISH_RAW, ENGLISH_RAW, tuple(range(len(ENGLISH_RAW) + 1)))
    sentence = Span(ENGLISH_RAW.index("China"), len(ENGLISH_RAW) - 1)
    structure = DocumentStructure(
        title=None,
        regions=(Region(Span(0, len(ENGLISH_RAW)), "body", "the body"),),
        clauses=(
            Clause("1", "I.", "Vision", 1, 1, None, sentence),
            Clause("1/1", None, None, 2, 2, "1", sentence),
        ),
        sentences=(Sentence(0, sentence, "1/1", 0),),
    )
    statement = Statement(
        sentence=0,
        act="commit",
        force="is-ready-to",
        cue=find(text, "is ready to"),
        speakers=("china",),
        speaker_source="explicit",
        evidence=(sentence,),
        confidence=0.85,
        topics=("mechanism/joint-laboratory",),
    )
    statements = (
        statement,
        replace(statement, topics=("event/waic-2025", "instrument/un-charter")),
    )
    mentions = (Mention(find(text, "joint laboratories"), "mechanism/joint-laboratory"),)
    return Extraction(make_document(ENGLISH_RAW, registration, "small.en.txt"), text, structure, mentions, statements)
