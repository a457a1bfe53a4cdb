"""The OpenAPI description of the endpoint and the graph store, which are no FastAPI routes: OpenAPI 3.1.

The HTTP method QUERY has no place in OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1.html#path-item-object).
"""

from typing import Any

from service import formats
from service.problems import PROBLEM_MEDIA_TYPE, PROBLEMS
from service.sparql.request import FORM, QUERY, UPDATE

_QUERY_STATUSES = (400, 403, 404, 405, 406, 413, 414, 415, 422, 429, 502, 503, 504, 507)
_WRITE_STATUSES = (400, 401, 403, 405, 409, 413, 414, 415, 422, 429, 503, 504, 507)
_TOKEN = "token"
_READ_TYPES = (formats.TURTLE, formats.N_TRIPLES, formats.RDF_XML, formats.JSON_LD)
_OFFERED = tuple(media_type for media_type in formats.GRAPH_TYPES if media_type != formats.HTML)


def add_sparql(document: dict[str, Any]) -> None:
    """Put the endpoint, the graph store and the token into an OpenAPI document."""
    paths = document["paths"]
    paths["/sparql"] = describe_sparql()
    paths["/store"] = describe_store()
    paths["/store/{path}"] = describe_store_below()
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes[_TOKEN] = {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of `aigov token`; needed for writing only.",
    }


def describe_sparql() -> dict[str, Any]:
    """Return the path item of `/sparql`."""
    dataset = [
        _parameter(
            "default-graph-uri", "A stored graph that makes the default graph; instead of the union.", many=True
        ),
        _parameter("named-graph-uri", "A stored graph that GRAPH may reach; instead of all.", many=True),
        _parameter("timeout", "Seconds after which to give up; less than the service's own deadline.", kind="number"),
        _parameter("format", "A format for links and forms, instead of Accept.", values=list(formats.CHOICE_BY_NAME)),
    ]
    using = [
        _parameter("using-graph-uri", "A stored graph that makes the default graph of WHERE.", many=True),
        _parameter("using-named-graph-uri", "A stored graph that GRAPH in WHERE may reach.", many=True),
    ]
    query = _parameter("query", "SPARQL 1.1 Query. Without it, the service description is returned.")
    update = _parameter("update", "SPARQL 1.1 Update.")
    body = {
        FORM: {"schema": {"oneOf": [_form(query, *dataset), _form(update, *using)]}},
        QUERY: {"schema": {"type": "string"}},
        UPDATE: {"schema": {"type": "string"}},
    }
    types = dict.fromkeys([*formats.BINDINGS_TYPES, *formats.GRAPH_TYPES])
    result = {"200": {"description": "The whole result", "content": {media_type: {} for media_type in types}}}
    done = {"204": {"description": "The update is done, and has reached the disk"}}
    unchanged = {"304": {"description": "The client has the result already: If-None-Match"}}
    return {
        "get": {
            "tags": ["SPARQL"],
            "summary": "Query by GET, or service description",
            "parameters": [query, *dataset],
            "responses": result | unchanged | _problems(_QUERY_STATUSES),
        },
        "post": {
            "tags": ["SPARQL"],
            "summary": "Query or update by POST, direct or as a form",
            "parameters": [*dataset, *using],
            "requestBody": {"required": True, "content": body},
            "security": [{}, {_TOKEN: []}],
            "responses": result | done | _problems(tuple(sorted({*_QUERY_STATUSES, *_WRITE_STATUSES}))),
        },
    }


def describe_store() -> dict[str, Any]:
    """Return the path item of `/store`: graphs named by a parameter."""
    graph = _parameter("graph", "The IRI of a graph.")
    default = _parameter("default", "The default graph; without a value.") | {"allowEmptyValue": True}
    made = {"201": {"description": "A graph was made; Location names it where the request did not"}}
    return {"parameters": [graph, default], **_store_operations(made)}


def describe_store_below() -> dict[str, Any]:
    """Return the path item of the graphs that are named by their own addresses."""
    path = {"name": "path", "in": "path", "required": True, "schema": {"type": "string"}}
    return {"parameters": [path], **_store_operations({"201": {"description": "The graph was made"}})}


def _store_operations(made: dict[str, Any]) -> dict[str, Any]:
    document = {media_type: {"schema": {"type": "string"}} for media_type in _READ_TYPES}
    files = {"type": "object", "additionalProperties": {"type": "string", "contentMediaType": formats.TURTLE}}
    form = {"multipart/form-data": {"schema": files}}
    graph = {"200": {"description": "The whole graph", "content": {media_type: {} for media_type in _OFFERED}}}
    unchanged = {"304": {"description": "The client has the graph already: If-None-Match"}}
    done = {"204": {"description": "The write is done, and has reached the disk"}}
    reading = graph | unchanged | _problems((400, 404, 406, 414, 429, 503, 504, 507))
    writing, statuses = {"tags": ["SPARQL"], "security": [{_TOKEN: []}]}, tuple(sorted({*_WRITE_STATUSES, 404}))
    return {
        "get": {"tags": ["SPARQL"], "summary": "The triples of a graph", "responses": reading},
        "head": {"tags": ["SPARQL"], "summary": "Whether a graph is there", "responses": reading},
        "put": {
            **writing,
            "summary": "Replace a graph",
            "requestBody": {"required": True, "content": document | form},
            "responses": made | done | _problems(_WRITE_STATUSES),
        },
        "post": {
            **writing,
            "summary": "Merge triples into a graph, or make a new one",
            "requestBody": {"required": True, "content": document | form},
            "responses": made | done | _problems(_WRITE_STATUSES),
        },
        "patch": {
            **writing,
            "summary": "Update a graph, which is the default graph of the update",
            "requestBody": {"required": True, "content": {UPDATE: {"schema": {"type": "string"}}}},
            "responses": done | _problems(statuses),
        },
        "delete": {**writing, "summary": "Remove a graph", "responses": done | _problems(statuses)},
    }


def _form(*parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a form of which the first field must be there."""
    properties = {parameter["name"]: parameter["schema"] for parameter in parameters}
    return {"type": "object", "required": [parameters[0]["name"]], "properties": properties}


def _parameter(
    name: str, description: str, *, many: bool = False, kind: str = "string", values: list[str] | None = None
) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": kind, **({"enum": values} if values else {})}
    if many:
        schema = {"type": "array", "items": {"type": "string", "format": "iri"}}
    return {"name": name, "in": "query", "description": description, "required": False, "schema": schema}


def _problems(statuses: tuple[int, ...]) -> dict[str, Any]:
    """Return the responses of these statuses, each with the kinds of problem that it stands for."""
    titles = {
        status: "; ".join(problem.title for problem in PROBLEMS.values() if problem.status == status)
        for status in statuses
    }
    return {
        str(status): {"description": title, "content": {PROBLEM_MEDIA_TYPE: {}}} for status, title in titles.items()
    }
