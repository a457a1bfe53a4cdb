"""Write the evaluation down for people, in Markdown: the same counts give the same bytes."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from graph_builder.evaluation.calibration import find_calibration_error
from graph_builder.evaluation.documents import TextScores
from graph_builder.evaluation.measures import MEASURES, Score
from graph_builder.evaluation.prose import ANCHORS, DEFINITIONS, INTRODUCTION, LIMITS, SETS
from graph_builder.evaluation.sets import DEVELOPMENT
from graph_builder.evaluation.summaries import (
    MEASURED,
    Summary,
    calibrate_texts,
    group_by_set,
    summarise,
    summarise_languages,
)

READING = MEASURED[: -len(MEASURES)]


def render_report(texts: Sequence[TextScores], *, measured_before: Collection[str] = ()) -> str:
    """Return the report; `measured_before` are the sets whose scores were not measured now but read from a file."""
    groups = group_by_set(texts)
    sets = [summarise(name, group) for name, group in groups.items()]
    by_language = {name: summarise_languages(group) for name, group in groups.items()}
    by_text = {
        name: [summarise(f"{text.work} {text.language}", [text]) for text in group if not text.unrelated]
        for name, group in groups.items()
    }
    sections = [
        INTRODUCTION,
        "## Sets of texts",
        _table(("set", "texts", "sentences", "what they are"), _set_rows(sets, measured_before), text_columns=(0, 3)),
        "## F1 by set",
        _f1_table(sets),
        "## Beside other figures",
        _table(("topics by sentence or passage", "F1"), _anchor_rows(sets)),
        "## Precision and recall",
        _table(("set", "measure", "P", "R", "F1", "right", "gold", "found"), _count_rows(sets), text_columns=(0, 1)),
        "## By language",
        _summary_table(("set", "language"), by_language, READING),
        _summary_table(("set", "language"), by_language, MEASURES),
        "## By text",
        _summary_table(("set", "text"), by_text, READING),
        _summary_table(("set", "text"), by_text, MEASURES),
        *_unrelated(groups),
        "## Confidence",
        _table(
            ("set", "confidence", "statements", "mean", "act right", "act and topics right"),
            _bin_rows(groups),
            text_columns=(0, 1),
        ),
        DEFINITIONS,
        LIMITS,
    ]
    return "\n\n".join(sections) + "\n"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], *, text_columns: Collection[int] = (0,)) -> str:
    """Return a Markdown table that can be read as it stands; columns of figures are flush right."""
    lines = [header, *rows]
    widths = [max(3, *(len(line[at]) for line in lines)) for at in range(len(header))]

    def write(cells: Sequence[str]) -> str:
        pairs = enumerate(zip(cells, widths, strict=True))
        return " | ".join(cell.ljust(width) if at in text_columns else cell.rjust(width) for at, (cell, width) in pairs)

    rules = ["-" * width if at in text_columns else "-" * (width - 1) + ":" for at, width in enumerate(widths)]
    return "\n".join(f"| {words} |" for words in (write(header), " | ".join(rules), *map(write, lines[1:])))


def _set_rows(sets: Sequence[Summary], measured_before: Collection[str]) -> Iterator[tuple[str, ...]]:
    for each in sets:
        what = SETS.get(each.name, "annotations named by the user")
        dated = "; as last measured, the texts are not here" if each.name in measured_before else ""
        yield each.name, str(each.texts), str(each.annotated), what + dated


def _f1_table(sets: Sequence[Summary]) -> str:
    """Return F1 by set; beside the sets on which nothing was developed, how many points less than on development."""
    development = next((each for each in sets if each.name == DEVELOPMENT), None)
    header, columns = ["measure"], [list(MEASURED)]
    for each in sets:
        header.append(each.name)
        columns.append([_f1(each, measure) for measure in MEASURED])
        if development and each is not development:
            header.append("gap")
            columns.append([_gap(development.scores[m], each.scores[m]) for m in MEASURED])
    return _table(header, zip(*columns, strict=True))


def _f1(summary: Summary, measure: str) -> str:
    """Return F1 with its interval; a dash where there was nothing to find and nothing found."""
    value, interval = summary.scores[measure], summary.intervals[measure]
    if not value.gold and not value.system:
        return "–"
    return f"{value.f1:.3f} ({interval.low:.2f}–{interval.high:.2f})"


def _gap(development: Score, other: Score) -> str:
    measured = all(value.gold or value.system for value in (development, other))
    return f"{100 * (development.f1 - other.f1):+.1f}" if measured else "–"


def _anchor_rows(sets: Sequence[Summary]) -> Iterator[tuple[str, str]]:
    for each in sets:
        yield f"this builder, {each.name}", _f1(each, "topic")
    yield from ANCHORS


def _count_rows(sets: Sequence[Summary]) -> Iterator[tuple[str, ...]]:
    for each in sets:
        for measure, value in each.scores.items():
            if value.gold or value.system:
                shares = (f"{share:.3f}" for share in (value.precision, value.recall, value.f1))
                yield each.name, measure, *shares, str(value.right), str(value.gold), str(value.system)


def _summary_table(key: tuple[str, str], by_set: Mapping[str, Sequence[Summary]], measures: Sequence[str]) -> str:
    rows = [
        (name, each.name, str(each.annotated), *(_f1(each, measure) for measure in measures))
        for name, summaries in by_set.items()
        for each in summaries
    ]
    return _table((*key, "sentences", *measures), rows, text_columns=(0, 1))


def _unrelated(groups: Mapping[str, Sequence[TextScores]]) -> list[str]:
    pages = [
        (name, f"{text.work} {text.language}", str(text.statements))
        for name, group in groups.items()
        for text in group
        if text.unrelated
    ]
    if not pages:
        return []
    header = "## Unrelated pages\n\nThey should yield nothing; at most one statement a page is the aim."
    return [header, _table(("set", "page", "statements"), pages, text_columns=(0, 1))]


def _bin_rows(groups: Mapping[str, Sequence[TextScores]]) -> Iterator[tuple[str, ...]]:
    for name, group in groups.items():
        bins = calibrate_texts(group)
        for each in bins:
            if each.count:
                shares = (f"{share:.3f}" for share in (each.confidence, each.act_right, each.all_right))
                yield name, f"{each.low:.1f}–{each.high:.1f}", str(each.count), *shares
        errors = (find_calibration_error(bins), find_calibration_error(bins, strict=True))
        yield name, "calibration error", str(sum(each.count for each in bins)), "", *(f"{e:.3f}" for e in errors)
