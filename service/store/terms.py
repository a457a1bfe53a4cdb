"""RDF terms as the rest of the service sees them, whatever the engine behind the store."""

from typing import Literal, NamedTuple

from graph_builder.vocab import BASE

XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"
RDF_LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"


class Term(NamedTuple):
    """An IRI, a blank node or a literal; sorts by kind, value, language, datatype.

    `language` is a tag in lower case, or empty. `datatype` is empty for IRIs, blank nodes, strings and tagged strings.
    """

    kind: Literal["bnode", "iri", "literal"]
    value: str
    language: str = ""
    datatype: str = ""

    @property
    def is_own(self) -> bool:
        """Tell whether this is an IRI under our base."""
        return self.kind == "iri" and self.value.startswith(BASE)


Triple = tuple[Term, Term, Term]
Row = dict[str, Term]
"""One solution: variable name without its mark to term; unbound variables are absent."""


def iri(value: str) -> Term:
    """Return an IRI; nothing is checked."""
    return Term("iri", value)


def literal(value: str, *, language: str = "", datatype: str = "") -> Term:
    """Return a literal; a string has neither language nor datatype."""
    return Term("literal", value, language.lower(), "" if datatype in (XSD_STRING, RDF_LANG_STRING) else datatype)
