"""Sum the counts of texts up: by set of annotations, by language, text by text."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from graph_builder.evaluation.calibration import Bin, calibrate, find_calibration_error
from graph_builder.evaluation.documents import BY_LINE, BY_SENTENCE, TextScores, to_record
from graph_builder.evaluation.intervals import RESAMPLES, SEED, Interval, find_intervals
from graph_builder.evaluation.measures import Score, pool
from graph_builder.evaluation.sets import DEVELOPMENT, INDEPENDENT, PASSAGES

MEASURED = (*BY_LINE, *BY_SENTENCE)
_SET_ORDER = (DEVELOPMENT, PASSAGES, INDEPENDENT)


@dataclass(frozen=True, slots=True)
class Summary:
    """The scores of some texts together (unrelated pages apart), each with the interval of its F1."""

    name: str
    texts: int
    annotated: int
    scores: dict[str, Score]
    intervals: dict[str, Interval]


def group_by_set(texts: Sequence[TextScores]) -> dict[str, list[TextScores]]:
    """Return the texts of each set by work and language: the project's sets first, others by name."""
    names = {text.gold_set for text in texts}
    ordered = [name for name in _SET_ORDER if name in names] + sorted(names - set(_SET_ORDER))
    by_key = sorted(texts, key=lambda text: (text.work, text.language))
    return {name: [text for text in by_key if text.gold_set == name] for name in ordered}


def summarise(name: str, texts: Sequence[TextScores]) -> Summary:
    """Sum texts up; pages that should yield nothing are left out, because no sentence of theirs could be found."""
    related = [text for text in texts if not text.unrelated]
    return Summary(
        name=name,
        texts=len(related),
        annotated=sum(text.annotated for text in related),
        scores=dict.fromkeys(MEASURED, Score()) | pool(text.table for text in related),
        intervals=find_intervals([text.lines for text in related], BY_LINE)
        | find_intervals([text.sentences for text in related], BY_SENTENCE),
    )


def summarise_languages(texts: Sequence[TextScores]) -> list[Summary]:
    """Sum texts up by language, in the order of the tags."""
    languages = sorted({text.language for text in texts if not text.unrelated})
    return [summarise(tag, [text for text in texts if text.language == tag]) for tag in languages]


def calibrate_texts(texts: Sequence[TextScores]) -> list[Bin]:
    """Return the calibration table of all statements of some texts, those of unrelated pages too."""
    return calibrate([judged for text in texts for judged in text.judged])


def render_json(texts: Sequence[TextScores]) -> str:
    """Return everything for programs: the sets summed up, and on a line of its own each text with all its counts."""
    groups = group_by_set(texts)
    sets = {name: _to_json(group) for name, group in groups.items()}
    head = json.dumps({"resamples": RESAMPLES, "seed": SEED, "sets": sets}, ensure_ascii=False, indent=2)
    records = (
        to_record(text) | {"scores": _scores_to_json(summarise(text.work, [text]))}
        for group in groups.values()
        for text in group
    )
    lines = ",\n".join(f"    {json.dumps(record, separators=(',', ':'))}" for record in records)
    return f'{head.removesuffix("}").rstrip()},\n  "texts": [\n{lines}\n  ]\n}}\n'


def _to_json(texts: Sequence[TextScores]) -> dict[str, Any]:
    bins = calibrate_texts(texts)
    return {
        "all": _scores_to_json(summarise("all", texts)),
        "languages": {each.name: _scores_to_json(each) for each in summarise_languages(texts)},
        "unrelated": {f"{text.work} {text.language}": text.statements for text in texts if text.unrelated},
        "calibration": {
            "bins": [asdict(each) for each in bins],
            "error": round(find_calibration_error(bins), 4),
            "error_all": round(find_calibration_error(bins, strict=True), 4),
        },
    }


def _scores_to_json(summary: Summary) -> dict[str, Any]:
    table: dict[str, Any] = {"texts": summary.texts, "annotated": summary.annotated}
    for measure, value in summary.scores.items():
        shares = {"precision": value.precision, "recall": value.recall, "f1": value.f1}
        shares |= asdict(summary.intervals[measure])
        table[measure] = asdict(value) | {name: round(share, 4) for name, share in shares.items()}
    return table
