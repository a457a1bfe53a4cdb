"""Segmentation of a text given in a test, with the words of what it finds."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from graph_builder.model import CleanText, DocumentStructure, Registration, Span
from graph_builder.structure import segment_document
from graph_builder.text import clean_text


@dataclass(frozen=True)
class Segmented:
    """A segmented text; the properties give words instead of spans."""

    text: CleanText
    structure: DocumentStructure

    def words(self, span: Span) -> str:
        return self.text.clean[span.start : span.end]

    @property
    def sentences(self) -> list[str]:
        return [self.words(sentence.span) for sentence in self.structure.sentences]

    @property
    def placed(self) -> list[tuple[str, str]]:
        return [(sentence.clause, self.words(sentence.span)) for sentence in self.structure.sentences]

    @property
    def kinds(self) -> list[tuple[str, str]]:
        return [(region.kind, self.words(region.span).strip()) for region in self.structure.regions]

    @property
    def paths(self) -> list[str]:
        return [clause.path for clause in self.structure.clauses]


@pytest.fixture
def segment() -> Callable[..., Segmented]:
    def segment_text(raw: str, language: str = "en", title: str = "A title that stands nowhere") -> Segmented:
        text = clean_text(raw, language)
        entry = Registration("work", ((language, title),), language, "policy-instrument")
        return Segmented(text, segment_document(text, entry))

    return segment_text
