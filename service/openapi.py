"""The OpenAPI description of the endpoint, which is no FastAPI route and describes itself here."""

from typing import Any

from service import formats
from service.problems import PROBLEM_MEDIA_TYPE, PROBLEMS
from service.sparql.request import FORM, QUERY

_STATUSES = (400, 403, 404, 405, 406, 413, 415, 503, 504, 507)


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
    query = _parameter("query", "SPARQL 1.1 Query. Without it, the service description is returned.")
    form = {
        "type": "object",
        "required": ["query"],
        "properties": {parameter["name"]: parameter["schema"] for parameter in (query, *dataset)},
    }
    body = {QUERY: {"schema": {"type": "string"}}, FORM: {"schema": form}}
    common = {"tags": ["SPARQL"], "responses": _responses()}
    return {
        "get": {"summary": "Query by GET, or service description", "parameters": [query, *dataset], **common},
        "post": {
            "summary": "Query by POST, direct or as a form",
            "parameters": dataset,
            "requestBody": {"required": True, "content": body},
            **common,
        },
    }


def _parameter(
    name: str, description: str, *, many: bool = False, kind: str = "string", values: list[str] | None = None
) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": kind, **({"enum": values} if values else {})}
    if many:
        schema = {"type": "array", "items": {"type": "string", "format": "iri"}}
    return {"name": name, "in": "query", "description": description, "required": False, "schema": schema}


def _responses() -> dict[str, Any]:
    types = dict.fromkeys([*formats.BINDINGS_TYPES, *formats.GRAPH_TYPES])
    responses: dict[str, Any] = {
        "200": {"description": "The whole result", "content": {media_type: {} for media_type in types}}
    }
    for status in _STATUSES:
        titles = [problem.title for problem in PROBLEMS.values() if problem.status == status]
        responses[str(status)] = {"description": "; ".join(titles), "content": {PROBLEM_MEDIA_TYPE: {}}}
    return responses
