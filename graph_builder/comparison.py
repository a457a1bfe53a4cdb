"""Say where two language versions of one work differ: in what is said, how bindingly, about what, by and to whom."""

import textwrap
from collections import Counter
from dataclasses import dataclass

from graph_builder.alignment import align
from graph_builder.errors import AigovError
from graph_builder.model import Extraction, Statement

ASPECTS = (
    *("act", "force", "topics", "speakers", "reported_by", "addressees", "beneficiaries", "partners"),
    *("deadline", "quantity", "polarity"),
)
"""The fields of a statement in which two versions can differ, in the order of reports."""

_COLUMNS = 120


@dataclass(frozen=True, slots=True)
class Quoted:
    """A statement with its words as they stand: `start` and `end` are raw offsets of `quote`, `cue` is raw too.

    `clause` is the path of its clause, `number` that clause's number as printed.
    """

    clause: str
    number: str | None
    act: str
    force: str
    cue: str | None
    speakers: tuple[str, ...]
    topics: tuple[str, ...]
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One aspect in which a pair differs: the values of only the left and only the right statement, in their order.

    `elsewhere` are those of them that the other version says in another statement of the same sentence.
    """

    aspect: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ComparedPair:
    """Two aligned statements; no differences where they say the same."""

    left: Quoted
    right: Quoted
    score: float
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """One side: its language, its file, the number of its statements."""

    language: str
    file: str
    statements: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """All aligned pairs in the order of the left text, and the statements of each side without a counterpart."""

    work: str
    left: Version
    right: Version
    pairs: tuple[ComparedPair, ...]
    only_left: tuple[Quoted, ...]
    only_right: tuple[Quoted, ...]

    @property
    def differing(self) -> tuple[ComparedPair, ...]:
        """The pairs with at least one difference."""
        return tuple(pair for pair in self.pairs if pair.differences)

    @property
    def is_same(self) -> bool:
        """Tell whether both versions say the same throughout."""
        return not (self.differing or self.only_left or self.only_right)


def compare(left: Extraction, right: Extraction) -> Comparison:
    """Align the statements of two versions and compare each pair.

    Raises:
        AigovError: the two are not versions of one work in two languages.
    """
    here, there = left.document.registration, right.document.registration
    if here.work != there.work:
        what = f"not the same work as {left.document.name} ({there.work}, {here.work})"
        raise AigovError(right.document.name, what, "give both registry entries the same `work`")
    if here.language == there.language:
        what = f"the same language as {left.document.name} ({here.language})"
        raise AigovError(right.document.name, what, "compare versions in two languages")
    aligned = align(left, right)
    pairs = tuple(
        ComparedPair(
            _quote(left, left.statements[pair.left]),
            _quote(right, right.statements[pair.right]),
            pair.score,
            _differences(left, left.statements[pair.left], right, right.statements[pair.right]),
        )
        for pair in aligned
    )
    paired_left, paired_right = {pair.left for pair in aligned}, {pair.right for pair in aligned}
    return Comparison(
        here.work,
        Version(here.language, left.document.name, len(left.statements)),
        Version(there.language, right.document.name, len(right.statements)),
        pairs,
        tuple(_quote(left, s) for i, s in enumerate(left.statements) if i not in paired_left),
        tuple(_quote(right, s) for i, s in enumerate(right.statements) if i not in paired_right),
    )


def render_comparison(comparison: Comparison) -> str:
    """Return a report for people: the counts, then every difference with the words of both sides."""
    left, right, pairs, differing = comparison.left, comparison.right, comparison.pairs, comparison.differing
    aspects = Counter(difference.aspect for pair in differing for difference in pair.differences)
    counts = ", ".join(f"{_spoken(aspect)} {aspects[aspect]}" for aspect in ASPECTS if aspects[aspect]) or "none"
    lines = [
        comparison.work,
        f"{left.language}: {left.statements} statements ({left.file})",
        f"{right.language}: {right.statements} statements ({right.file})",
        f"pairs: {len(pairs)}, the same: {len(pairs) - len(differing)}, differing: {len(differing)}",
        f"differences: {counts}",
        f"only {left.language}: {len(comparison.only_left)}, only {right.language}: {len(comparison.only_right)}",
    ]
    languages = left.language, right.language
    width = max(map(len, (*languages, *ASPECTS))) + 2
    for number, pair in enumerate(differing, start=1):
        lines += ["", f"{number}. {', '.join(_spoken(d.aspect) for d in pair.differences)}"]
        lines += [_render_quote(languages[0], pair.left, width), _render_quote(languages[1], pair.right, width)]
        for difference in pair.differences:
            lines += _render_difference(difference, pair, languages, width)
    for language, alone in zip(languages, (comparison.only_left, comparison.only_right), strict=True):
        for quoted in alone:
            lines += ["", f"only {language}: {quoted.act} ({', '.join(quoted.speakers)})"]
            lines += [_render_quote(language, quoted, width)]
            lines += [_indent(f"{'topics'.ljust(width)}{', '.join(quoted.topics)}", width)]
    return "\n".join(lines) + "\n"


def _quote(extraction: Extraction, statement: Statement) -> Quoted:
    text = extraction.text
    spans = [text.raw_span(span) for span in statement.evidence]
    start, end = min(span.start for span in spans), max(span.end for span in spans)
    cue = text.raw_span(statement.cue) if statement.cue else None
    path = extraction.structure.sentences[statement.sentence].clause
    number = next((clause.number for clause in extraction.structure.clauses if clause.path == path), None)
    return Quoted(
        clause=path,
        number=number,
        act=statement.act,
        force=statement.force,
        cue=text.raw[cue.start : cue.end] if cue else None,
        speakers=statement.speakers,
        topics=statement.topics,
        start=start,
        end=end,
        quote=text.raw[start:end],
    )


def _differences(left: Extraction, here: Statement, right: Extraction, there: Statement) -> tuple[Difference, ...]:
    found = []
    for aspect in ASPECTS:
        mine, theirs = _values(here, aspect), _values(there, aspect)
        only_mine = tuple(value for value in mine if value not in theirs)
        only_theirs = tuple(value for value in theirs if value not in mine)
        if only_mine or only_theirs:
            elsewhere: tuple[str, ...] = ()
            if aspect == "topics":
                beside = {t for s in left.statements if s.sentence == here.sentence for t in s.topics}
                beside_there = {t for s in right.statements if s.sentence == there.sentence for t in s.topics}
                elsewhere = tuple(t for t in only_mine if t in beside_there) + tuple(
                    t for t in only_theirs if t in beside
                )
            found.append(Difference(aspect, only_mine, only_theirs, elsewhere))
    return tuple(found)


def _values(statement: Statement, aspect: str) -> tuple[str, ...]:
    value = getattr(statement, aspect)
    if isinstance(value, tuple):
        return value
    return () if value is None else (str(value),)


def _render_quote(language: str, quoted: Quoted, width: int) -> str:
    place = f"{quoted.clause}{f' {quoted.number}' if quoted.number else ''} [{quoted.start}:{quoted.end}]"
    return _indent(f"{language.ljust(width)}{place} {' '.join(quoted.quote.split())}", width)


def _render_difference(difference: Difference, pair: ComparedPair, languages: tuple[str, str], width: int) -> list[str]:
    sides = []
    for language, values, quoted in zip(
        languages, (difference.left, difference.right), (pair.left, pair.right), strict=True
    ):
        words = ", ".join(values) or "–"
        if difference.aspect in ("act", "force"):
            words += f" ({quoted.cue})" if quoted.cue else " (no cue)"
        sides.append(f"{language}: {words}")
    lines = [_indent(f"{_spoken(difference.aspect).ljust(width)}{' | '.join(sides)}", width)]
    if difference.elsewhere:
        words = f"{''.ljust(width)}in another statement of the sentence: {', '.join(difference.elsewhere)}"
        lines.append(_indent(words, width))
    return lines


def _spoken(aspect: str) -> str:
    return aspect.replace("_", " ")


def _indent(line: str, width: int) -> str:
    rest = " " * (width + 3)
    return "\n".join(
        textwrap.wrap(line, _COLUMNS, initial_indent="   ", subsequent_indent=rest, break_on_hyphens=False)
    )
