"""The one table from exception to HTTP status, and problem documents as RFC 9457 has them."""

import json
from dataclasses import dataclass

from starlette.responses import Response

from graph_builder.vocab import BASE
from service import errors

PROBLEM_MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of problem: the last part of its IRI, its status and its title, which never change with the occurrence."""

    slug: str
    status: int
    title: str

    @property
    def type(self) -> str:
        """The IRI of this kind of problem."""
        return f"{BASE}problem/{self.slug}"


PROBLEMS: dict[type[errors.ServiceError], Problem] = {
    errors.MalformedRequestError: Problem("malformed-request", 400, "The request does not follow the protocol"),
    errors.MalformedQueryError: Problem("malformed-query", 400, "The query is not valid SPARQL"),
    errors.MalformedBodyError: Problem("malformed-body", 400, "The RDF in the request cannot be read"),
    errors.UnknownGraphError: Problem("unknown-graph", 400, "The graph is not stored here"),
    errors.UnauthorizedError: Problem("unauthorized", 401, "Writing needs the token"),
    errors.EgressRefusedError: Problem("egress-refused", 403, "Requests to other servers are refused"),
    errors.ReadOnlyError: Problem("read-only", 403, "This endpoint is read-only"),
    errors.DefaultGraphError: Problem("default-graph-is-union", 403, "The default graph is the union of the others"),
    errors.ResourceNotFoundError: Problem("not-found", 404, "Nothing is known about this resource"),
    errors.MethodNotAllowedError: Problem("method-not-allowed", 405, "The method is not allowed here"),
    errors.NotAcceptableError: Problem("not-acceptable", 406, "None of the accepted media types can be served"),
    errors.GraphStateError: Problem("graph-state", 409, "A graph is there, or is not, against what the update says"),
    errors.BodyTooLargeError: Problem("body-too-large", 413, "The request body is too large"),
    errors.UriTooLongError: Problem("uri-too-long", 414, "The request target is too long"),
    errors.UnsupportedMediaTypeError: Problem(
        "unsupported-media-type", 415, "The media type of the request is not read"
    ),
    errors.QueryFailedError: Problem("query-failed", 422, "The query cannot be evaluated"),
    errors.ShareExceededError: Problem("share-exceeded", 429, "The client has used up its share"),
    errors.InternalError: Problem("internal-error", 500, "The service failed"),
    errors.CallFailedError: Problem("call-failed", 502, "An endpoint that the query calls gave no usable result"),
    errors.NotReadyError: Problem("not-ready", 503, "The service does not answer queries now"),
    errors.PoolBusyError: Problem("busy", 503, "All readers are at work"),
    errors.UnsupportedError: Problem("unsupported", 501, "The store behind this endpoint cannot do this"),
    errors.BackendFailedError: Problem("backend-failed", 502, "The store behind this endpoint failed"),
    errors.BackendTruncatedError: Problem("backend-truncated", 502, "The store behind this endpoint left results out"),
    errors.BackendUnavailableError: Problem("backend-unavailable", 503, "The store behind this endpoint is not there"),
    errors.DeadlineExceededError: Problem("deadline-exceeded", 504, "The query was stopped at its deadline"),
    errors.ResourcesExhaustedError: Problem("resources-exhausted", 507, "The query needs more memory than it may use"),
    errors.ResultTooLargeError: Problem("result-too-large", 507, "The result is larger than may be sent"),
}

PROBLEM_BY_SLUG: dict[str, Problem] = {problem.slug: problem for problem in PROBLEMS.values()}


def find_problem(error: errors.ServiceError) -> Problem:
    """Return the kind of problem that an error is."""
    return PROBLEMS[type(error)]


def problem_response(error: errors.ServiceError) -> Response:
    """Return the problem document of an error: never cached, with the headers the error asks for."""
    problem = find_problem(error)
    document = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": error.detail,
        **error.extensions,
    }
    body = json.dumps(document, ensure_ascii=False).encode()
    headers = {"Cache-Control": "no-store", **error.headers}
    return Response(body, problem.status, headers, PROBLEM_MEDIA_TYPE)
