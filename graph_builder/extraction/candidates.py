"""Titles that a text cites and the vocabulary has no id for: kept as candidates, never forced into a known id."""

import re
from collections.abc import Sequence

from graph_builder.model import Candidate, Mention, Span

_ZH_TITLE = re.compile(r"《([^《》\n]{2,60})》")
_LATIN_TITLE = re.compile(
    r"(?:[A-ZÀ-Ý][\w'’-]+\s+)(?:(?:of|on|for|the|and|in|to|de|du|des|sur|pour|la|le|les|et|against|with|"
    r"[A-ZÀ-Ý0-9][\w'’-]*)\s+){0,12}?"
    r"(?:Declaration|Agenda|Initiative|Compact|Charter|Convention|Recommendation|Principles|Guidelines|Resolution|Pact|"
    r"Action Plan|Code of Conduct|Déclaration|Charte|Pacte|Convention|Recommandation|Principes)\b"
    r"(?:\s+(?:of|on|for|sur|de)(?:\s+(?:the|of|on|for|and|[A-ZÀ-Ý0-9][\w'’-]*))+)?"
)
_GENERIC = re.compile(r"^(?:This|These|The|Our|Such|Cette|Ces|Le|La|Les)\s+\w+$")


def find_candidates(
    text: str, language: str, mentions: Sequence[Mention], names: frozenset[str]
) -> tuple[Candidate, ...]:
    """Return the titles in a sentence (its own frame) that no known instrument or event covers, in text order."""
    pattern = _ZH_TITLE if language == "zh" else _LATIN_TITLE
    known = [m.span for m in mentions if m.target in names and not m.target.startswith("actor/")]
    found = []
    for match in pattern.finditer(text):
        group = 1 if language == "zh" else 0
        span = Span(match.start(group), match.end(group))
        title = match.group(group).strip()
        if (
            any(span.overlaps(k) for k in known)
            or _GENERIC.match(title)
            or (len(title.split()) == 1 and language != "zh")
        ):
            continue
        found.append(Candidate(span, "instrument", title))
    return tuple(found)
