"""Load the named queries from `ontology/questions`: one `sh:SPARQLExecutable` a file, the question in every language.

The form is that of https://github.com/sib-swiss/sparql-examples: `rdfs:comment` is the question, `sh:select` or
`sh:ask` the query, `schema:target` the endpoint, which only the running service knows. `schema:position` gives a
question its place on the start page.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from graph_builder.vocab import BASE, PREFIXES
from service import formats
from service.errors import QuestionError
from service.languages import INTERFACE_LANGUAGES, choose_literal
from service.store.syntax import check_query, parse_triples
from service.store.terms import Term, Triple, iri, literal

_EXECUTABLE = iri(PREFIXES["sh"] + "SPARQLExecutable")
_TYPE = PREFIXES["rdf"] + "type"
_COMMENT = PREFIXES["rdfs"] + "comment"
_QUERIES = (PREFIXES["sh"] + "select", PREFIXES["sh"] + "ask")
_KEYWORDS = PREFIXES["schema"] + "keywords"
_POSITION = PREFIXES["schema"] + "position"
_TARGET = iri(PREFIXES["schema"] + "target")


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A query with the question it answers.

    Attributes:
        name: the last part of its IRI, such as `cq04`.
        text: SPARQL 1.1 Query, SELECT or ASK, complete with its prefixes.
        questions: the question, once in each interface language.
        keywords: sorted, at least one.
        position: its place among the questions to start with, from 1; None for the others.
        triples: all that its file says.
    """

    name: str
    text: str
    questions: tuple[Term, ...]
    keywords: tuple[str, ...]
    position: int | None
    triples: tuple[Triple, ...]

    @property
    def resource(self) -> Term:
        """Its IRI."""
        return iri(f"{BASE}question/{self.name}")

    def question(self, ranges: Sequence[str]) -> Term:
        """Return the question in the language that suits a reader best."""
        return choose_literal(self.questions, ranges) or literal(self.name)


Catalogue = Mapping[str, NamedQuery]
"""Named queries by name, in the order of names."""


def find_questions() -> Path:
    """Return the folder of the questions: that of the checkout, or the one bundled in the wheel."""
    checkout = Path(__file__).resolve().parents[2] / "ontology" / "questions"
    if checkout.is_dir():
        return checkout
    return Path(str(resources.files("graph_builder"))) / "bundled" / "ontology" / "questions"


def load_catalogue(folder: Path | None = None) -> Catalogue:
    """Load the named queries of a folder, or those that come with the service; each is parsed.

    Raises:
        QuestionError: a file that is not Turtle, or does not hold one question with one valid query; or no file at all.
    """
    place = folder or find_questions()
    paths = sorted(place.glob("*.ttl"))
    if not paths:
        raise QuestionError(str(place), "there are no questions (*.ttl) here", "install aigov again")
    return {path.stem: _load_question(path) for path in paths}


def choose_first(catalogue: Catalogue) -> list[NamedQuery]:
    """Return the questions to start with: those that have a position, in its order."""
    placed = [(query.position, query) for query in catalogue.values() if query.position is not None]
    return [query for _, query in sorted(placed, key=lambda pair: pair[0])]


def describe_queries(queries: Iterable[NamedQuery], endpoint: str) -> list[Triple]:
    """Return the triples of named queries with the endpoint that answers them, an absolute URL."""
    return [t for q in queries for t in (*q.triples, (q.resource, _TARGET, iri(endpoint)))]


def _load_question(path: Path) -> NamedQuery:
    def refuse(what: str, remedy: str) -> QuestionError:
        return QuestionError(str(path), what, remedy)

    try:
        triples = parse_triples(path.read_bytes(), formats.TURTLE)
    except (OSError, ValueError) as exc:
        raise refuse(str(exc), "mend the Turtle") from exc
    subjects = [s for s, p, o in triples if p.value == _TYPE and o == _EXECUTABLE]
    expected = iri(f"{BASE}question/{path.stem}")
    if subjects != [expected]:
        raise refuse(f"it does not hold exactly one sh:SPARQLExecutable, <{expected.value}>", "name it as the file")
    values: dict[str, list[Term]] = {}
    for subject, predicate, value in triples:
        if subject == expected:
            values.setdefault(predicate.value, []).append(value)
    texts = [term.value for predicate in _QUERIES for term in values.get(predicate, ())]
    if len(texts) != 1:
        raise refuse(f"it has {len(texts)} queries", "give one sh:select or one sh:ask")
    try:
        check_query(texts[0])
    except ValueError as exc:
        raise refuse(f"the query is not SPARQL: {exc}", "mend the query") from exc
    questions = tuple(values.get(_COMMENT, ()))
    languages = sorted(term.language for term in questions)
    if languages != sorted(language.lower() for language in INTERFACE_LANGUAGES):
        wanted = ", ".join(INTERFACE_LANGUAGES)
        raise refuse(
            f"the question is in {', '.join(languages) or 'no language'}", f"give one rdfs:comment in {wanted}"
        )
    positions = [term.value for term in values.get(_POSITION, ())]
    if len(positions) > 1 or not all(position.isdecimal() for position in positions):
        raise refuse(f"schema:position is {', '.join(positions)}", "give one whole number, or none")
    keywords = tuple(sorted(term.value for term in values.get(_KEYWORDS, ())))
    position = int(positions[0]) if positions else None
    return NamedQuery(path.stem, texts[0], questions, keywords, position, tuple(triples))
