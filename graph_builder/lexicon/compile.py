"""Compile the labels of the vocabularies into lexicons, one a language: the labels *are* the extraction lexicon."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, SKOS

from graph_builder.iri import identifier_of
from graph_builder.lexicon.automaton import Alphabet, Automaton
from graph_builder.vocab import AIG

GAP = "…"
LANGUAGES = ("zh", "en", "fr")
TOPIC_SCHEMES = frozenset({"principle", "mechanism", "domain", "issue", "instrument", "event"})
NAME_SCHEMES = frozenset({"instrument", "event", "actor"})

_LABELS = (SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel)


Gapped = tuple[tuple[str, ...], str]
"""The encoded parts of a discontinuous label, and the id it names."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One pass of leftmost-longest matching: pattern → ids it names (none for a pattern that only blocks)."""

    automaton: Automaton
    targets: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The labels of one language, ready to match.

    `topics` finds concepts, instruments and events (actors' names only block there); `actors` finds actors (names of
    instruments and events only block). `gapped` are the discontinuous labels: first part → second part → the encoded
    parts in order, with an id; `parts` finds their parts. `names` are the ids whose words yield them alone, `groups`
    the actors that are open or country groups, `persons` the actors that are people, `media` those that report;
    `speaks_for` maps people to the actor in whose name they speak.
    """

    language: str
    alphabet: Alphabet
    topics: Layer
    actors: Layer
    parts: Automaton
    gapped: dict[str, dict[str, list[Gapped]]]
    names: frozenset[str]
    groups: frozenset[str] = frozenset()
    persons: frozenset[str] = frozenset()
    media: frozenset[str] = frozenset()
    speaks_for: Mapping[str, str] = field(default_factory=dict)


class Lexicons(Mapping[str, Lexicon]):
    """The lexicon of each language ("zh", "en", "fr"), compiled when it is first asked for."""

    def __init__(self, vocabulary: Graph) -> None:
        self._labels = _collect_labels(vocabulary, _LABELS)
        self._blocked = _collect_labels(vocabulary, (AIG.negativeLabel,))
        every = {target for by_target in self._labels.values() for target in by_target}
        self._names = frozenset(t for t in every if t.split("/", 1)[0] in NAME_SCHEMES)
        self._names |= {identifier_of(str(s)) or "" for s in vocabulary.subjects(AIG.mechanismType)}
        self._groups = _instances(vocabulary, AIG.OpenGroup) | _instances(vocabulary, AIG.CountryGrouping)
        self._persons = _instances(vocabulary, AIG.Person)
        self._media = _instances(vocabulary, AIG.MediaOrganization)
        self._speaks_for = {
            identifier_of(str(person)) or "": identifier_of(str(actor)) or ""
            for person, actor in vocabulary.subject_objects(AIG.speaksFor)
        }
        self._compiled: dict[str, Lexicon] = {}

    def __getitem__(self, language: str) -> Lexicon:
        """Return the lexicon of a language; KeyError for one without a grammar."""
        if language not in self._compiled:
            labels, blocked = self._labels[language], self._blocked[language]
            compiled = _compile(language, labels, blocked, self._names)
            self._compiled[language] = replace(
                compiled,
                groups=self._groups,
                persons=self._persons,
                media=self._media,
                speaks_for=self._speaks_for,
            )
        return self._compiled[language]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the languages."""
        return iter(LANGUAGES)

    def __len__(self) -> int:
        """Return the number of languages."""
        return len(LANGUAGES)


def compile_lexicon(vocabulary: Graph) -> Lexicons:
    """Compile the lexicons of a vocabulary graph.

    Labels of a subject with `aig:matchable false` are left out. A negative label blocks every label inside it.
    """
    return Lexicons(vocabulary)


def _collect_labels(vocabulary: Graph, predicates: Iterable[URIRef]) -> dict[str, dict[str, list[str]]]:
    """Return language → id → labels of everything that can be a topic or an actor."""
    found: dict[str, dict[str, list[str]]] = {language: defaultdict(list) for language in LANGUAGES}
    silent = {s for s, o in vocabulary.subject_objects(AIG.matchable) if str(o) in ("false", "0")}
    for predicate in predicates:
        for subject, label in vocabulary.subject_objects(predicate):
            target = identifier_of(str(subject)) or ""
            scheme = target.split("/", 1)[0]
            if subject in silent or not isinstance(label, Literal) or scheme not in TOPIC_SCHEMES | {"actor"}:
                continue
            language = str(label.language or "").split("-")[0].lower()
            if language in found:
                found[language][target].append(str(label))
    return found


def _instances(vocabulary: Graph, kind: URIRef) -> frozenset[str]:
    return frozenset(identifier_of(str(s)) or "" for s in vocabulary.subjects(RDF.type, kind))


def _compile(
    language: str, labels: dict[str, list[str]], blocked: dict[str, list[str]], names: frozenset[str]
) -> Lexicon:
    alphabet = Alphabet(language)
    topics: dict[str, set[str]] = defaultdict(set)
    actors: dict[str, set[str]] = defaultdict(set)
    gapped: set[Gapped] = set()
    for target in sorted(labels):
        is_actor = target.startswith("actor/")
        for label in sorted(labels[target]):
            parts = tuple(alphabet.encode_label(part) for part in label.split(GAP))
            if not all(parts):
                continue
            if len(parts) > 1:
                gapped.add((parts, target))
            elif is_actor:
                actors[parts[0]].add(target)
                topics[parts[0]] |= set()
            else:
                topics[parts[0]].add(target)
                if target in names:
                    actors[parts[0]] |= set()
    for target in sorted(blocked):
        for label in sorted(blocked[target]):
            pattern = alphabet.encode_label(label)
            layer = actors if target.startswith("actor/") else topics
            layer[pattern] |= set()
    return Lexicon(
        language=language,
        alphabet=alphabet,
        topics=_layer(topics),
        actors=_layer(actors),
        parts=Automaton((part for parts, _ in gapped for part in parts), overlapping=True),
        gapped=_by_parts(gapped),
        names=names,
    )


def _by_parts(labels: Iterable[Gapped]) -> dict[str, dict[str, list[Gapped]]]:
    """Return the discontinuous labels by their first and second parts."""
    found: dict[str, dict[str, list[Gapped]]] = defaultdict(lambda: defaultdict(list))
    for label in sorted(labels):
        first, second, *_ = label[0]
        found[first][second].append(label)
    return {first: dict(by_second) for first, by_second in found.items()}


def _layer(targets: dict[str, set[str]]) -> Layer:
    patterns = {p: tuple(sorted(ids)) for p, ids in targets.items() if p}
    return Layer(Automaton(patterns, overlapping=False), patterns)
