"""The vocabularies as they are: canonical files, sound schemes, labels that can match, and every agreed identifier."""

import csv
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, RDF, SKOS

from graph_builder.checks import check_graph, load_shapes
from graph_builder.iri import identifier_of, mint
from graph_builder.ontology import load_vocabulary
from graph_builder.settings import Settings
from graph_builder.turtle import format_turtle, parse_turtle
from graph_builder.vocab import AIG

FOLDER = Path(__file__).resolve().parent.parent / "ontology" / "vocabulary"
FILES = sorted(path.name for path in FOLDER.glob("*.ttl"))

CLASS_OF_SCHEME = {
    "principle": AIG.Principle,
    "mechanism": AIG.MechanismType,
    "domain": AIG.PolicyDomain,
    "issue": AIG.Issue,
    "act": AIG.SpeechAct,
    "force": AIG.Force,
    "status": AIG.StatusKind,
    "bindingness": AIG.Bindingness,
}
CLASSES_OF_KIND = {
    "actor/state": {AIG.State},
    "actor/subnational": {AIG.SubnationalGovernment},
    "actor/organization": {
        AIG.IntergovernmentalOrganization,
        AIG.NonGovernmentalOrganization,
        AIG.GovernmentBody,
        AIG.MediaOrganization,
        AIG.IndustryGroup,
    },
    "actor/group": {AIG.CountryGrouping, AIG.OpenGroup},
    "actor/person": {AIG.Person},
    "instrument": {AIG.PolicyInstrument, AIG.Commentary},
    "event": {AIG.Event},
    "mechanism-instance": {AIG.Mechanism},
}
LABELS = (SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel)


@pytest.fixture(scope="module")
def vocabulary(settings: Settings) -> Graph:
    return load_vocabulary(settings)


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


def labels_of(vocabulary: Graph, thing: URIRef, language: str) -> set[str]:
    return {
        str(x) for x in vocabulary.objects(thing, SKOS.prefLabel) if isinstance(x, Literal) and x.language == language
    }


@pytest.mark.parametrize("name", FILES)
def test_vocabulary_is_in_canonical_turtle(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == format_turtle(parse_turtle(FOLDER / name))


def test_ontology_and_vocabularies_conform_to_the_shapes(
    vocabulary: Graph, ontology: Graph, settings: Settings
) -> None:
    """Labels and definitions in two languages, SKOS S13 and S14, places in the hierarchy: what shapes say."""
    assert check_graph(vocabulary + ontology, load_shapes(settings.shapes)).findings == ()


@pytest.mark.parametrize(("scheme", "kind"), CLASS_OF_SCHEME.items())
def test_concepts_of_a_scheme_are_of_its_class(scheme: str, kind: URIRef, vocabulary: Graph) -> None:
    members = set(vocabulary.subjects(SKOS.inScheme, mint(f"scheme/{scheme}")))
    assert members == set(vocabulary.subjects(RDF.type, kind))
    assert members
    assert all((identifier_of(str(concept)) or "").startswith(f"{scheme}/") for concept in members)


def test_top_concepts_are_said_both_ways(vocabulary: Graph) -> None:
    one = set(vocabulary.subject_objects(SKOS.topConceptOf))
    other = {(concept, scheme) for scheme, concept in vocabulary.subject_objects(SKOS.hasTopConcept)}
    assert one == other


def test_every_thing_of_the_vocabulary_has_an_identifier_under_the_base(vocabulary: Graph) -> None:
    assert not [subject for subject in vocabulary.subjects(unique=True) if identifier_of(str(subject)) is None]


def test_own_terms_in_use_are_terms_of_the_ontology(vocabulary: Graph, ontology: Graph) -> None:
    used = {t for s, p, o in vocabulary for t in (p, o if p == RDF.type else None) if str(t).startswith(str(AIG._NS))}
    assert used <= set(ontology.subjects())


def test_forces_have_the_agreed_ordinals(vocabulary: Graph) -> None:
    ordinals = {
        (identifier_of(str(force)) or "").removeprefix("force/"): int(str(ordinal))
        for force, ordinal in vocabulary.subject_objects(AIG.ordinal)
    }
    assert ordinals == {
        "must": 6,
        "will": 5,
        "commits": 4,
        "is-ready-to": 3,
        "calls-on": 2,
        "supports": 1,
        "reports": 0,
        "opposes": -2,
    }


def test_negative_label_differs_from_a_label_by_more_than_case(vocabulary: Graph) -> None:
    """Labels match without regard to case, so one that differs in nothing else would hide what it protects."""
    for thing, negative in vocabulary.subject_objects(AIG.negativeLabel):
        words = {str(label).casefold() for term in LABELS for label in vocabulary.objects(thing, term)}
        assert str(negative).casefold() not in words, f"{thing}: {negative}"


def test_labels_are_trimmed_and_never_empty(vocabulary: Graph) -> None:
    for term in (*LABELS, AIG.negativeLabel, SKOS.definition):
        for thing, label in vocabulary.subject_objects(term):
            assert str(label) == " ".join(str(label).split()) != "", f"{thing}: {label!r}"


def test_chinese_labels_are_in_simplified_characters(vocabulary: Graph) -> None:
    """By frequent characters that only Traditional writing has."""
    traditional = set("國際發對話電體經濟學術會議機構與為個標準應業務數據類")
    for thing, label in ((s, o) for term in LABELS for s, o in vocabulary.subject_objects(term)):
        if isinstance(label, Literal) and label.language == "zh-Hans":
            assert not traditional & set(label), f"{thing}: {label}"


def test_discontinuous_label_is_hidden_and_has_words_on_both_sides(vocabulary: Graph) -> None:
    """Acts and forces are display names: the grammar finds them, so their labels may show a gap as people write it."""
    shown = {*vocabulary.subjects(RDF.type, AIG.SpeechAct), *vocabulary.subjects(RDF.type, AIG.Force)}
    for term in (*LABELS, AIG.negativeLabel):
        for thing, label in vocabulary.subject_objects(term):
            if "…" in label and thing not in shown:
                assert all(part.strip() for part in str(label).split("…")), f"{thing}: {label}"
                assert term == SKOS.hiddenLabel, f"{thing}: {label} is no label to show"


def test_history_of_a_mechanism_runs_forward(vocabulary: Graph) -> None:
    """Proposed before decided, decided before established, established before operating, and then concluded."""
    stages = ["proposed", "called-for", "decided", "supported", "established", "operating", "concluded"]
    for thing in set(vocabulary.subjects(AIG.hasStatus)):
        steps = sorted(
            (str(vocabulary.value(step, AIG.asOf)), stages.index(str(kind).rsplit("/", 1)[-1]))
            for step in vocabulary.objects(thing, AIG.hasStatus)
            for kind in vocabulary.objects(step, AIG.statusKind)
        )
        assert all(earlier[1] < later[1] for earlier, later in pairwise(steps)), thing


@pytest.mark.shared
def test_every_agreed_concept_is_there_with_its_labels_and_place(vocabulary: Graph, shared: Path) -> None:
    for row in read_table(shared / "design" / "vocabulary.tsv"):
        concept = mint(f"{row['scheme']}/{row['id']}")
        broader = set(vocabulary.objects(concept, SKOS.broader))
        assert (concept, RDF.type, CLASS_OF_SCHEME[row["scheme"]]) in vocabulary, concept
        assert broader == ({mint(f"{row['scheme']}/{row['broader']}")} if row["broader"] else set()), concept
        assert labels_of(vocabulary, concept, "en") == {row["label_en"]}
        assert labels_of(vocabulary, concept, "zh-Hans") == {row["label_zh"]}


@pytest.mark.shared
def test_every_agreed_entity_is_there_and_of_its_kind(vocabulary: Graph, shared: Path) -> None:
    for row in read_table(shared / "design" / "entities.tsv"):
        kind = "mechanism" if row["kind"] == "mechanism-instance" else row["kind"].split("/")[0]
        thing = mint(f"{kind}/{row['id']}")
        assert set(vocabulary.objects(thing, RDF.type)) & CLASSES_OF_KIND[row["kind"]], thing
        assert labels_of(vocabulary, thing, "en") == {row["label_en"]}
        assert labels_of(vocabulary, thing, "zh-Hans") == {row["label_zh"]}


@pytest.mark.shared
def test_every_known_step_of_a_mechanism_is_there(vocabulary: Graph, shared: Path) -> None:
    expected = Counter(
        (r["mechanism"], r["status"], r["as_of"]) for r in read_table(shared / "design" / "mechanism-history.tsv")
    )
    found = Counter(
        (
            str(thing).rsplit("/", 1)[-1],
            str(vocabulary.value(step, AIG.statusKind)).rsplit("/", 1)[-1],
            str(vocabulary.value(step, AIG.asOf)),
        )
        for thing, step in vocabulary.subject_objects(AIG.hasStatus)
    )
    assert found == expected
    assert all((step, DCTERMS.source, None) in vocabulary for step in vocabulary.objects(None, AIG.hasStatus))
