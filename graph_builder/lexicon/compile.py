"""Compile the labels of the vocabularies into lexicons, one a language: the labels *are* the extraction lexicon."""

from collections import defaultdict
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Layer:
    """One pass of leftmost-longest matching: pattern → ids it names (none for a pattern that only blocks)."""

    automaton: Automaton
    targets: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The labels of one language, ready to match.

    `topics` finds concepts, instruments and events (actors' names only block there); `actors` finds actors (names of
    instruments and events only block). `gapped` are the discontinuous labels: encoded parts in order → id; `parts`
    finds their parts. `names` are the ids whose words yield them alone, `groups` the actors that are open or country
    groups, `persons` the actors that are people.
    """

    language: str
    alphabet: Alphabet
    topics: Layer
    actors: Layer
    parts: Automaton
    gapped: dict[str, tuple[tuple[tuple[str, ...], str], ...]]
    names: frozenset[str]
    groups: frozenset[str]
    persons: frozenset[str]


def compile_lexicon(vocabulary: Graph) -> dict[str, Lexicon]:
    """Compile the lexicon of each language ("zh", "en", "fr") from a vocabulary graph.

    Labels of a subject with `aig:matchable false` are left out. A negative label blocks every label inside it.
    """
    labels: dict[str, dict[str, list[str]]] = {language: defaultdict(list) for language in LANGUAGES}
    blocked: dict[str, dict[str, list[str]]] = {language: defaultdict(list) for language in LANGUAGES}
    silent = {s for s, o in vocabulary.subject_objects(AIG.matchable) if str(o) in ("false", "0")}
    names = set()
    for predicate in (*_LABELS, AIG.negativeLabel):
        for subject, label in vocabulary.subject_objects(predicate):
            target = identifier_of(str(subject))
            if target is None or subject in silent or not isinstance(label, Literal):
                continue
            scheme = target.split("/", 1)[0]
            if scheme not in TOPIC_SCHEMES and scheme != "actor":
                continue
            language = str(label.language or "").split("-")[0].lower()
            if language not in labels:
                continue
            (blocked if predicate == AIG.negativeLabel else labels)[language][target].append(str(label))
    for subject in vocabulary.subjects(AIG.mechanismType, None):
        names.add(identifier_of(str(subject)) or "")
    every = {t for by_target in labels.values() for t in by_target}
    names |= {t for t in every if t.split("/", 1)[0] in NAME_SCHEMES}
    kinds = {
        "groups": _instances(vocabulary, AIG.OpenGroup) | _instances(vocabulary, AIG.CountryGrouping),
        "persons": _instances(vocabulary, AIG.Person),
    }
    return {lang: _compile(lang, labels[lang], blocked[lang], frozenset(names), **kinds) for lang in LANGUAGES}


def _instances(vocabulary: Graph, kind: URIRef) -> frozenset[str]:
    return frozenset(identifier_of(str(s)) or "" for s in vocabulary.subjects(RDF.type, kind))


def _compile(
    language: str,
    labels: dict[str, list[str]],
    blocked: dict[str, list[str]],
    names: frozenset[str],
    *,
    groups: frozenset[str],
    persons: frozenset[str],
) -> Lexicon:
    alphabet = Alphabet(language)
    topics: dict[str, set[str]] = defaultdict(set)
    actors: dict[str, set[str]] = defaultdict(set)
    gapped: dict[str, set[tuple[tuple[str, ...], str]]] = defaultdict(set)
    for target in sorted(labels):
        is_actor = target.startswith("actor/")
        for label in sorted(labels[target]):
            parts = tuple(alphabet.encode_label(part) for part in label.split(GAP))
            if not all(parts):
                continue
            if len(parts) > 1:
                gapped[parts[0]].add((parts, target))
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
        parts=Automaton((p for rules in gapped.values() for parts, _ in rules for p in parts), overlapping=True),
        gapped={first: tuple(sorted(rules)) for first, rules in gapped.items()},
        names=names,
        groups=groups,
        persons=persons,
    )


def _layer(targets: dict[str, set[str]]) -> Layer:
    patterns = {p: tuple(sorted(ids)) for p, ids in targets.items() if p}
    return Layer(Automaton(patterns, overlapping=False), patterns)
