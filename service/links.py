"""Turn IRIs into links that stay inside the deployment, and into short names for people."""

from urllib.parse import quote

from graph_builder.vocab import BASE, PREFIXES

_SAFE = "/:@!$&'()*+,;=-._~"


def local_path(iri: str) -> str | None:
    """Return path and fragment of one of our IRIs under any deployment, percent-encoded; None for others' IRIs.

    >>> local_path("https://w3id.org/aigov/ontology#act")
    '/ontology#act'
    """
    if not iri.startswith(BASE):
        return None
    path, mark, fragment = iri[len(BASE) :].partition("#")
    return "/" + quote(path, safe=_SAFE + "%") + mark + quote(fragment, safe=_SAFE + "%?")


def shorten(iri: str) -> str:
    """Return a name for an IRI: a prefixed one, the path under our base, or the IRI itself.

    >>> shorten("http://www.w3.org/2004/02/skos/core#prefLabel"), shorten("https://w3id.org/aigov/actor/china")
    ('skos:prefLabel', 'actor/china')
    """
    for prefix, space in PREFIXES.items():
        local = iri.removeprefix(space)
        if local != iri and local and not set("/#?") & set(local):
            return f"{prefix}:{local}"
    return iri.removeprefix(BASE) or iri
