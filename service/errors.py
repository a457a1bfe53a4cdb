"""What can go wrong while a request is answered; `problems.py` says which HTTP status each one is.

Errors at start (a missing graph, a locked store) are `AigovError`s with a remedy; the command prints them in one line.
"""

from graph_builder.errors import AigovError


class StoreError(AigovError):
    """The store cannot be opened, or a graph file cannot be loaded into it."""


class SettingsError(AigovError):
    """A setting has an unknown name or a value that cannot be used."""


class UsageError(AigovError):
    """A command was given something it cannot use."""


class QuestionError(AigovError):
    """A file of named queries cannot be used."""


class ServiceError(Exception):
    """A request that is not answered as asked.

    Attributes:
        detail: one sentence for a person: what is wrong and what to do.
        extensions: further members of the problem document, JSON values only.
        headers: HTTP headers that belong to the status, such as Allow or Retry-After.
    """

    def __init__(
        self, detail: str, *, headers: dict[str, str] | None = None, **extensions: str | int | float | list[str]
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extensions = extensions
        self.headers = headers or {}


class MalformedRequestError(ServiceError):
    """The request does not follow the protocol: no query, two queries, not UTF-8."""


class MalformedQueryError(ServiceError):
    """The query is not SPARQL; carries `line` and `column` (both from 1) where the parser knows them."""


class QueryFailedError(ServiceError):
    """The query is SPARQL, but the engine cannot evaluate it, for instance for an unknown function."""


class GraphStateError(ServiceError):
    """An update makes a graph that is there, or clears, drops or copies one that is not, without SILENT."""


class UnknownGraphError(ServiceError):
    """The request names a graph that is not stored; nothing is fetched from elsewhere."""


class EgressRefusedError(ServiceError):
    """The query would make this server send a request to another one."""


class ReadOnlyError(ServiceError):
    """A write was sent, and this service only answers queries."""


class DefaultGraphError(ServiceError):
    """A write to the default graph where that is the union of the named graphs."""


class UnauthorizedError(ServiceError):
    """A write without the token, or with another one; `headers` holds WWW-Authenticate."""


class MalformedBodyError(ServiceError):
    """An RDF document in a request cannot be read; carries `line` and `column` where the parser knows them."""


class UriTooLongError(ServiceError):
    """The request target exceeds its limit; carries `limit_bytes`."""


class ResourceNotFoundError(ServiceError):
    """Nothing is known about the IRI."""


class MethodNotAllowedError(ServiceError):
    """The method has no meaning here; `headers` holds Allow."""


class NotAcceptableError(ServiceError):
    """None of the media types the client accepts can be served; carries `available`."""


class BodyTooLargeError(ServiceError):
    """The request body exceeds its limit; carries `limit_bytes`."""


class UnsupportedMediaTypeError(ServiceError):
    """The request body is in a form that this resource does not read."""


class DeadlineExceededError(ServiceError):
    """The query ran longer than it may; carries `limit_s`. Its process was ended."""


class PoolBusyError(ServiceError):
    """All readers are at work and the queue is full; `headers` holds Retry-After."""


class ShareExceededError(ServiceError):
    """The client has used up its share of the readers' time, and others wait; `headers` holds Retry-After."""


class NotReadyError(ServiceError):
    """The service is starting or stopping, or its store does not answer; `headers` holds Retry-After."""


class ResourcesExhaustedError(ServiceError):
    """The query ended the process that evaluated it: memory limit, or nesting too deep."""


class ResultTooLargeError(ServiceError):
    """The result exceeds its limit; carries `limit_bytes`."""


class CallFailedError(ServiceError):
    """An endpoint that the query calls did not give a result that can be used; carries `endpoint`."""


class InternalError(ServiceError):
    """A defect of the service; the detail names nothing of its inside."""


class UnsupportedError(ServiceError):
    """The request is in order, and the kind of store behind this endpoint cannot do it."""


class BackendFailedError(ServiceError):
    """The remote store answered with an error, with nonsense, or with something that is not whole."""


class BackendTruncatedError(ServiceError):
    """The remote store left something out of its answer, or may have; carries `limit_rows` where it is known."""


class BackendUnavailableError(ServiceError):
    """The remote store cannot be reached, or is too busy; `headers` holds Retry-After."""
