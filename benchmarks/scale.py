"""The built graph made larger: its documents again and again under new names, the same bytes on every run.

Copy 7 of a document has `-007` behind its slug and behind every digest, a number in every quote, so that no quote
comes twice, and a date seven weeks later. Vocabulary, ontology and catalogue stay as they are.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

_DOCUMENT_GRAPH = re.compile(r"<https://w3id\.org/aigov/graph/document/([^>]+)> \.$")
_DERIVED_GRAPH = "<https://w3id.org/aigov/graph/derived> ."
_DIGEST = re.compile(r"(<https://w3id\.org/aigov/[^> ]*?/[0-9a-f]{16})(?=[#>])")
_QUOTE = re.compile(r'(#(?:exact|prefix|suffix|normalizedQuote)> ".*)(?=")')
_DATE = re.compile(r'(?<=#date_document> ")\d{4}-\d\d-\d\d')


def multiply(graph: Path, triples: int) -> Iterator[str]:
    """Yield the lines of a built graph (N-Quads), then of numbered copies of its documents, until there are enough.

    At least the graph itself comes; the last copy is whole, so that up to one copy more than asked for comes.

    Raises:
        FileNotFoundError: there is no built graph.
    """
    lines = graph.read_text(encoding="utf-8").splitlines(keepends=True)
    yield from lines
    slugs = sorted({match[1] for line in lines if (match := _DOCUMENT_GRAPH.search(line))})
    slug = re.compile(rf"(/(?:{'|'.join(map(re.escape, slugs))}))(?=[/>#])")
    repeated = [line for line in lines if _DOCUMENT_GRAPH.search(line) or line.endswith(_DERIVED_GRAPH + "\n")]
    count, copy = len(lines), 0
    while count < triples:
        copy += 1
        for line in repeated:
            yield _rename(line, slug, copy)
        count += len(repeated)


def _rename(line: str, slug: re.Pattern[str], copy: int) -> str:
    line = _DIGEST.sub(rf"\g<1>-{copy:03d}", slug.sub(rf"\g<1>-{copy:03d}", line))
    line = _QUOTE.sub(rf"\g<1> [{copy}]", line)
    return _DATE.sub(lambda match: str(date.fromisoformat(match[0]) + timedelta(weeks=copy)), line)
