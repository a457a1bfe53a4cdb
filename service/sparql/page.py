"""The endpoint as a page: a form, and the result of a query as a table, a yes or no, or Turtle."""

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service import errors, formats
from service.pages.render import Renderer, page_response
from service.problems import find_problem
from service.sparql.request import ProtocolRequest
from service.store.protocol import Answer
from service.store.terms import Row, Term, literal

PAGE_BYTES = 1 << 20
"""The largest result that is shown on a page; a larger one is offered for download."""
_EMPTY_FORM = """PREFIX aig: <https://w3id.org/aigov/ontology#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

SELECT ?principle ?label (COUNT(?statement) AS ?statements) WHERE {
  ?statement aig:invokesPrinciple ?principle .
  ?principle skos:prefLabel ?label FILTER(langMatches(lang(?label), "en"))
}
GROUP BY ?principle ?label
ORDER BY DESC(?statements) ?label
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A result as the page shows it; which fields count depends on `kind`."""

    kind: str
    names: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    truth: bool = False
    text: str = ""


def show_form(renderer: Renderer, request: Request) -> Response:
    """Return the page with an example to start from."""
    return page_response(request, _render(renderer, request, ProtocolRequest()))


def show_answer(renderer: Renderer, request: Request, asked: ProtocolRequest, answer: Answer) -> Response:
    """Return the page with a result in JSON or Turtle."""
    names = [n for n, c in formats.CHOICE_BY_NAME.items() if n != "html" and _carries(c, answer.kind)]
    body = _render(renderer, request, asked, result=_read_result(answer), downloads=names)
    return page_response(request, body, headers={"Cache-Control": "no-cache"})


def show_problem(renderer: Renderer, request: Request, asked: ProtocolRequest, error: errors.ServiceError) -> Response:
    """Return the page with the query and what is wrong with it."""
    problem = find_problem(error)
    shown = {"title": problem.title, "detail": error.detail}
    downloads = ["json", "csv", "turtle"] if isinstance(error, errors.ResultTooLargeError) else []
    body = _render(renderer, request, asked, problem=shown, downloads=downloads)
    return page_response(request, body, problem.status, {"Cache-Control": "no-store", **error.headers})


def _render(renderer: Renderer, request: Request, asked: ProtocolRequest, **context: Any) -> bytes:
    names = sorted(formats.CHOICE_BY_NAME, key=lambda name: name != "html")
    values = {"problem": None, "result": None, "downloads": [], **asked.page.context, **context}
    query = asked.query or _EMPTY_FORM
    return renderer.render(asked.page.template, request, query=query, formats=names, **values)


def _carries(choice: formats.Choice, kind: str) -> bool:
    return (choice.graph if kind == "graph" else choice.bindings) is not None


def _read_result(answer: Answer) -> Shown:
    """Read a result for the page: Turtle as text, SPARQL results in JSON as rows."""
    body = answer.read()
    if answer.kind == "graph":
        return Shown("graph", text=body.decode())
    document = json.loads(body)
    if answer.kind == "boolean":
        return Shown("boolean", truth=document["boolean"])
    rows = [{name: _read_term(value) for name, value in binding.items()} for binding in document["results"]["bindings"]]
    return Shown("solutions", names=document["head"]["vars"], rows=rows)


def _read_term(value: dict[str, Any]) -> Term:
    """Return a term of SPARQL results in JSON; a triple term is shown as text."""
    match value["type"]:
        case "uri":
            return Term("iri", value["value"])
        case "bnode":
            return Term("bnode", value["value"])
        case "literal":
            return literal(value["value"], language=value.get("xml:lang", ""), datatype=value.get("datatype", ""))
        case _:
            return literal(json.dumps(value["value"], ensure_ascii=False))
