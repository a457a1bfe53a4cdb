"""The objects that travel through the pipeline; frozen, and free of RDF.

Two frames of offsets exist. *Raw*: 0-based, half-open code points of the source text as it was decoded, newlines as
they are. *Clean*: the same for `CleanText.clean`. Only `CleanText.raw_span` crosses from clean to raw.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from unicodedata import combining

SpeakerSource = Literal["explicit", "clause", "item", "section", "issuer", "unresolved"]
Precision = Literal["day", "month", "year"]
RegionKind = Literal["title", "heading", "body", "metadata", "boilerplate", "advert", "duplicate"]
WorkKind = Literal["policy-instrument", "commentary"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """0-based, half-open range of code points; never empty."""

    start: int
    end: int

    def __contains__(self, other: "Span") -> bool:
        """Tell whether `other` lies wholly inside."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: "Span") -> bool:
        """Tell whether the two share at least one code point."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Registration:
    """A registry entry: what is known of a source file before it is read (`NAME.toml` beside it).

    `detected` names the fields that no entry gave and the reader found out for itself.
    """

    work: str
    titles: tuple[tuple[str, str], ...]
    language: str
    kind: WorkKind
    issuers: tuple[str, ...] = ()
    issued: date | None = None
    issued_at: str | None = None
    reprint: date | None = None
    publisher: str | None = None
    source_url: str | None = None
    rights: str | None = None
    detected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """One source file: `raw` is its text (for .txt and .md the bytes decoded as UTF-8), `sha256` that of the bytes."""

    name: str
    raw: str
    sha256: str
    size_bytes: int
    media_type: str
    registration: Registration


@dataclass(frozen=True, slots=True)
class CleanText:
    """The reading that every later stage works on, with its way back to the words as they stand.

    `offsets[i]` is the raw offset of `clean[i]`; one entry more than `clean` has code points, the last the raw end.
    Chinese is in simplified characters here, whatever the raw script. `corrupted` are raw spans of damaged places.
    """

    raw: str
    clean: str
    offsets: Sequence[int]
    corrupted: tuple[Span, ...] = ()

    def raw_span(self, span: Span) -> Span:
        """Return the raw span of a clean span: from the first code point to just after the last one and its marks."""
        return Span(*self.raw_range(span))

    def raw_range(self, span: Span) -> tuple[int, int]:
        """Return start and end of `raw_span` (which see) without making one."""
        end = self.offsets[span.end - 1] + 1
        while end < len(self.raw) and combining(self.raw[end]):
            end += 1
        return self.offsets[span.start], end

    def is_corrupted(self, span: Span) -> bool:
        """Tell whether a clean span overlaps a damaged place."""
        if not self.corrupted:
            return False
        start, end = self.raw_range(span)
        first = bisect_right(self.corrupted, start, key=lambda place: place.end)
        return first < len(self.corrupted) and self.corrupted[first].start < end


@dataclass(frozen=True, slots=True)
class Region:
    """A run of whole lines with one role; `reason` says in words why. Clean frame. Regions do not overlap."""

    span: Span
    kind: RegionKind
    reason: str


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a work. `path` is made of positions (`2/6`: second section, sixth item), `number` as printed ("(六)").

    `parent` is the path of the enclosing clause or None; `heading` the words of its heading or None. Clean frame.
    """

    path: str
    number: str | None
    heading: str | None
    order: int
    level: int
    parent: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Sentence:
    """A unit that may bear statements: no heading, bullet or number in it. Clean frame; document order.

    `clause` is the path of the innermost clause. `lead_in` is the index (in the document's sentences) of the sentence
    ending in a colon that this list item hangs on, or None. `item` tells list items from running text.
    """

    index: int
    span: Span
    clause: str
    paragraph: int
    lead_in: int | None = None
    item: bool = False


@dataclass(frozen=True, slots=True)
class DocumentStructure:
    """What segmentation found: regions cover the text, clauses are in document order and never empty, sentences too."""

    title: Span | None
    regions: tuple[Region, ...]
    clauses: tuple[Clause, ...]
    sentences: tuple[Sentence, ...]

    @property
    def excluded(self) -> tuple[Region, ...]:
        """The regions that bear neither statements nor mentions."""
        return tuple(r for r in self.regions if r.kind not in ("body", "heading", "title"))


@dataclass(frozen=True, slots=True)
class Mention:
    """Words that name something: `target` is an id such as `principle/fairness`. Clean frame."""

    span: Span
    target: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thing a text cites or proposes that the vocabulary has no id for; `span` are its words. Clean frame."""

    span: Span
    kind: Literal["instrument", "mechanism"]
    title: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One speech act of one speaker (or joint speakers) in one sentence.

    Ids: `act` and `force` without their scheme ("commit", "is-ready-to"), actors without theirs ("china"); `topics`
    with it ("principle/fairness"), sorted. `cue` is the clean span of the modal or performative words, None where there
    are none. `evidence` are clean spans inside or equal to the sentence, at least one.
    """

    sentence: int
    act: str
    force: str
    cue: Span | None
    speakers: tuple[str, ...]
    speaker_source: SpeakerSource
    evidence: tuple[Span, ...]
    confidence: float
    topics: tuple[str, ...] = ()
    reported_by: str | None = None
    addressees: tuple[str, ...] = ()
    beneficiaries: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    deadline: date | None = None
    deadline_precision: Precision | None = None
    quantity: int | None = None
    polarity: Literal["+", "-"] = "+"
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Extraction:
    """What one document says."""

    document: SourceDocument
    text: CleanText
    structure: DocumentStructure
    mentions: tuple[Mention, ...]
    statements: tuple[Statement, ...]
    elapsed_s: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class AlignedPair:
    """Two statements of two language versions of one work that say the same, by their indexes in `statements`."""

    left: int
    right: int
    score: float


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check, in words."""

    severity: Literal["violation", "warning", "info"]
    focus: str
    message: str
    shape: str
    path: str | None = None
    value: str | None = None
