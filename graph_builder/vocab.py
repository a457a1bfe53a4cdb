"""The terms of our own namespace and the prefixes of everything we use; a misspelt term raises at once."""

from rdflib import URIRef
from rdflib.namespace import DefinedNamespace, Namespace

BASE = "https://w3id.org/aigov/"


class AIG(DefinedNamespace):
    """The ontology `https://w3id.org/aigov/ontology#`, term by term as in `ontology/aigov.ttl`."""

    _NS = Namespace(BASE + "ontology#")
    _fail = True

    # Documents
    SourceWork: URIRef
    PolicyInstrument: URIRef
    Commentary: URIRef
    TextVersion: URIRef
    SourceFile: URIRef
    Clause: URIRef
    ExcludedRegion: URIRef
    Candidate: URIRef
    bindingness: URIRef
    text: URIRef
    sha256: URIRef
    clauseNumber: URIRef
    order: URIRef
    excludedFrom: URIRef
    exclusionReason: URIRef
    issuer: URIRef
    issuedAt: URIRef
    speaksFor: URIRef

    # Actors
    Actor: URIRef
    State: URIRef
    SubnationalGovernment: URIRef
    GovernmentBody: URIRef
    IntergovernmentalOrganization: URIRef
    NonGovernmentalOrganization: URIRef
    CountryGrouping: URIRef
    OpenGroup: URIRef
    IndustryGroup: URIRef
    MediaOrganization: URIRef
    Person: URIRef

    # Controlled schemes
    Principle: URIRef
    PolicyDomain: URIRef
    Issue: URIRef
    MechanismType: URIRef
    SpeechAct: URIRef
    Force: URIRef
    StatusKind: URIRef
    Bindingness: URIRef
    ordinal: URIRef
    negativeLabel: URIRef
    matchable: URIRef

    # Mechanisms and events
    Mechanism: URIRef
    MechanismStatus: URIRef
    Event: URIRef
    mechanismType: URIRef
    hasStatus: URIRef
    statusKind: URIRef
    asOf: URIRef

    # Statements
    Statement: URIRef
    Commitment: URIRef
    Directive: URIRef
    Position: URIRef
    Endorsement: URIRef
    Opposition: URIRef
    Report: URIRef
    act: URIRef
    force: URIRef
    modalCue: URIRef
    speaker: URIRef
    speakerSource: URIRef
    speakerMention: URIRef
    reportedBy: URIRef
    about: URIRef
    invokesPrinciple: URIRef
    inDomain: URIRef
    addressesIssue: URIRef
    usesMechanism: URIRef
    citesInstrument: URIRef
    refersToEvent: URIRef
    proposesMechanism: URIRef
    citesCandidate: URIRef
    addressee: URIRef
    beneficiary: URIRef
    partner: URIRef
    deadline: URIRef
    deadlinePrecision: URIRef
    quantity: URIRef
    polarity: URIRef
    contributesTo: URIRef
    inClause: URIRef
    inText: URIRef
    confidence: URIRef
    alignedWith: URIRef

    # Evidence
    Evidence: URIRef
    Mention: URIRef
    evidence: URIRef
    normalizedQuote: URIRef

    # Derived edges
    DerivedEdge: URIRef
    endorses: URIRef
    opposes: URIRef
    commitsTo: URIRef
    supportsMechanism: URIRef
    callsOn: URIRef
    sharesPrincipleWith: URIRef

    # The service
    allowsCallOf: URIRef
    hasGraphStore: URIRef
    queryTimeLimit: URIRef
    clientTimeShare: URIRef
    resultSizeLimit: URIRef
    querySizeLimit: URIRef
    updateSizeLimit: URIRef
    requestTargetSizeLimit: URIRef


for _name in AIG.__annotations__:
    if not _name.startswith("_"):
        setattr(AIG, _name, AIG[_name])  # an attribute of its own is found at once, rdflib's way takes a microsecond


class _Others(Namespace):
    """A namespace of somebody else; each of its terms is made once."""

    def __getattr__(self, name: str) -> URIRef:
        term = super().__getattr__(name)
        self.__dict__[name] = term
        return term


FRBR = _Others("http://purl.org/vocab/frbr/core#")
FABIO = _Others("http://purl.org/spar/fabio/")
DOCO = _Others("http://purl.org/spar/doco/")
CITO = _Others("http://purl.org/spar/cito/")
ELI = _Others("http://data.europa.eu/eli/ontology#")
OA = _Others("http://www.w3.org/ns/oa#")
SCHEMA = _Others("https://schema.org/")
VS = _Others("http://www.w3.org/2003/06/sw-vocab-status/ns#")
SDG = _Others("http://metadata.un.org/sdg/")

PREFIXES: dict[str, str] = {
    "aig": BASE + "ontology#",
    "cito": str(CITO),
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "doco": str(DOCO),
    "dpv": "https://w3id.org/dpv#",
    "eli": str(ELI),
    "fabio": str(FABIO),
    "foaf": "http://xmlns.com/foaf/0.1/",
    "frbr": str(FRBR),
    "oa": str(OA),
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": str(SCHEMA),
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "sh": "http://www.w3.org/ns/shacl#",
    "shape": BASE + "shape/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "skosxl": "http://www.w3.org/2008/05/skos-xl#",
    "vann": "http://purl.org/vocab/vann/",
    "void": "http://rdfs.org/ns/void#",
    "vs": str(VS),
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
"""Prefix → namespace, as declared in `ontology/prefixes.ttl`; the one list for Turtle files, queries and outputs."""
