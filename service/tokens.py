"""The tokens of SPARQL as far as the service looks into a text itself: https://www.w3.org/TR/sparql11-query/#sparqlGrammar.

The engine reads a text without token rules (`SERVICEa:x` calls a service), so nothing that must hold may rest on these.
"""

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
    (?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
        |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
  | (?P<iri><[^<>"{}|^`\x00-\x20]*>)
  | (?P<comment>\#[^\n\r]*)
  | (?P<variable>[?$]\w+)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<blank>_:\w(?:[\w.\-]*[\w\-])?)
  | (?P<name>(?P<prefix>[^\W\d_][\w.\-]*)?:(?P<local>(?:[\w:\-]|\.(?=[\w:\-.%\\])|%[0-9A-Fa-f]{2}|\\[^\w\s])*))
  | (?P<escape>\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})
  | (?P<word>\w+)
  | (?P<mark>[{};])
    """,
    re.VERBOSE | re.DOTALL,
)


def scan(text: str) -> Iterator[re.Match[str]]:
    """Yield the tokens of a query or an update in order; `lastgroup` is the kind, other characters are left out.

    Kinds: string, iri, comment, variable, language, blank, name (with the groups `prefix` and `local`), escape, word,
    and mark for braces and semicolons.
    """
    return _TOKEN.finditer(text)
