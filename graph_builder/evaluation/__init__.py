"""Extraction measured against annotations made by hand: scores with intervals, calibration, a report."""

from graph_builder.evaluation.documents import TextScores, measure_text
from graph_builder.evaluation.gold import Annotated, Gold, StatementFacts, load_gold, to_annotated
from graph_builder.evaluation.measures import MEASURES, Score, pool, score
from graph_builder.evaluation.report import render_report
from graph_builder.evaluation.sets import find_gold, load_scores
from graph_builder.evaluation.summaries import render_json

__all__ = [
    "MEASURES",
    "Annotated",
    "Gold",
    "Score",
    "StatementFacts",
    "TextScores",
    "find_gold",
    "load_gold",
    "load_scores",
    "measure_text",
    "pool",
    "render_json",
    "render_report",
    "score",
    "to_annotated",
]
