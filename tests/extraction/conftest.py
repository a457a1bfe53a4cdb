"""A reader of single sentences over the real vocabularies and grammars."""

from datetime import date

import pytest
from sentences import Read

from graph_builder.extraction import extract
from graph_builder.lexicon import Lexicon, compile_lexicon
from graph_builder.model import DocumentStructure, Registration, Sentence, SourceDocument, Span, Statement, WorkKind
from graph_builder.ontology import load_vocabulary
from graph_builder.settings import Settings
from graph_builder.text import clean_text


@pytest.fixture(scope="session")
def lexicons(settings: Settings) -> dict[str, Lexicon]:
    """The lexicons of the real vocabularies."""
    return compile_lexicon(load_vocabulary(settings))


@pytest.fixture(scope="session")
def read(lexicons: dict[str, Lexicon]) -> Read:
    """Read sentences as one document and return its statements."""

    def read_sentences(
        *sentences: str,
        language: str = "zh-Hans",
        issuers: tuple[str, ...] = ("china",),
        kind: WorkKind = "policy-instrument",
        lead_in: bool = False,
        issued: date | None = None,
        one_paragraph: bool = False,
    ) -> tuple[Statement, ...]:
        raw = "\n".join(sentences)
        text = clean_text(raw, language)
        units, start = [], 0
        for index, line in enumerate(text.clean.split("\n")):
            hangs_on = 0 if lead_in and index else None
            units.append(
                Sentence(
                    index, Span(start, start + len(line)), "1", 0 if one_paragraph else index, hangs_on, bool(hangs_on)
                )
            )
            start += len(line) + 1
        document = SourceDocument("t", raw, "", 0, "text/plain", Registration("t", (), language, kind, issuers, issued))
        return extract(document, text, DocumentStructure(None, (), (), tuple(units)), lexicons).statements

    return read_sentences
