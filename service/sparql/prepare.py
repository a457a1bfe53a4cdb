"""What a query asks for and may have, worked out once for each way of asking; nothing here depends on the data."""

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256

from graph_builder.vocab import BASE
from service import errors, formats
from service.negotiation import negotiate
from service.sparql.asgi import make_tag
from service.sparql.calls import Call, find_calls, without_calls
from service.sparql.guard import Dataset, find_dataset, refuse_unwanted
from service.sparql.page import PAGE_BYTES
from service.sparql.request import ProtocolRequest, interpret, parse_fields
from service.store.protocol import Query

_CACHED_BYTES = 1 << 12
"""A longer request target is worked out every time."""
_CHANGING = re.compile(r"\b(?:now|rand|uuid|struuid|bnode)\s*\(", re.IGNORECASE)
"""Functions that give something else each time."""
_GZIP = re.compile(
    r"(?:^|,)\s*(?:gzip|x-gzip|\*)\s*(?:;\s*q=(?:1(?:\.0*)?|0\.0*[1-9][0-9]*)\s*)?(?:,|$)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may use: seconds, bytes, and the endpoints that a query may call."""

    timeout_s: float
    body_bytes: int
    update_bytes: int
    url_bytes: int
    result_bytes: int
    services: frozenset[str] = frozenset()


@dataclass(slots=True)
class Prepared:
    """A query ready to be evaluated.

    Attributes:
        asked: the request.
        query: what the store is asked, for nobody in particular.
        calls: of other endpoints, in the text of the query; all of them allowed.
        bindings_type, graph_type: the media types that were asked for, one of them maybe None.
        is_stable: whether the same data give the same result.
        digest: 32 hexadecimal digits that stand for all a response depends on, except the data.
        query_hash: 16 hexadecimal digits that stand for the query's text.
    """

    asked: ProtocolRequest
    query: Query
    bindings_type: str | None
    graph_type: str | None
    is_stable: bool
    digest: str
    query_hash: str
    calls: tuple[Call, ...] = ()
    _tag: tuple[str, str] = field(default=("", ""))
    _query_of: tuple[str, Query] | None = None

    @property
    def is_page(self) -> bool:
        """Tell whether a person is to see the result on a page."""
        return formats.HTML in (self.bindings_type, self.graph_type)

    def query_of(self, client: str) -> Query:
        """Return the query as a client asks it."""
        if self._query_of is None or self._query_of[0] != client:
            self._query_of = (client, replace(self.query, client=client))
        return self._query_of[1]

    def entity_tag(self, version: str) -> str:
        """Return the strong tag of the result in a state of the store: RFC 9110, section 8.8.3."""
        if self._tag[0] != version:
            self._tag = (version, make_tag(version, self.digest))
        return self._tag[1]


def prepare_target(query_string: bytes, accept: str, accept_encoding: str, limits: Limits) -> Prepared | None:
    """Prepare a query sent by GET; None where the request has no parameters at all.

    Raises:
        ServiceError: as `interpret` and `prepare`.
    """
    if len(query_string) <= _CACHED_BYTES:
        return _prepare_target(query_string, accept, accept_encoding, limits)
    return _prepare_target.__wrapped__(query_string, accept, accept_encoding, limits)


@lru_cache(maxsize=256)
def _prepare_target(query_string: bytes, accept: str, accept_encoding: str, limits: Limits) -> Prepared | None:
    asked = interpret(parse_fields(query_string), is_get=True)
    return None if asked.query is None else prepare(asked, accept, accept_encoding, limits)


def prepare(asked: ProtocolRequest, accept: str, accept_encoding: str, limits: Limits) -> Prepared:
    """Prepare a query: choose the formats, look into it, set its limits.

    Raises:
        ServiceError: MalformedRequest for an unknown format; NotAcceptable where neither kind of result can be served;
            EgressRefused or MalformedRequest for what the query would do.
    """
    text = asked.query or ""
    bindings_type, graph_type = _choose_types(asked.format, accept)
    calls = find_calls(text, limits.services, BASE) if limits.services else ()
    rest = without_calls(text, calls) if calls else text
    refuse_unwanted(rest, limits.services)
    dataset = Dataset(tuple(dict.fromkeys(asked.default_graphs)), tuple(dict.fromkeys(asked.named_graphs)))
    if not (dataset.default or dataset.named) and "from" in rest.lower():
        dataset = find_dataset(rest, BASE)
    names_graphs = bool(dataset.default or dataset.named)
    is_page = formats.HTML in (bindings_type, graph_type)
    query = Query(
        text=text,
        bindings_type=bindings_type and formats.serialization_of(bindings_type, graph=False),
        graph_type=graph_type and formats.serialization_of(graph_type, graph=True),
        timeout_s=min(limits.timeout_s, asked.timeout_s or limits.timeout_s),
        limit_bytes=PAGE_BYTES if is_page else limits.result_bytes,
        default_graphs=dataset.default if names_graphs else None,
        named_graphs=dataset.named if names_graphs else None,
        gzip=not is_page and takes_gzip(accept_encoding),
    )
    depends_on = (replace(query, timeout_s=0, limit_bytes=0), bindings_type, graph_type)
    return Prepared(
        asked,
        query,
        bindings_type,
        graph_type,
        is_stable=not is_page and not calls and not _CHANGING.search(text),
        digest=sha256(repr(depends_on).encode()).hexdigest()[:32],
        query_hash=hash_query(text),
        calls=calls,
    )


def takes_gzip(accept_encoding: str) -> bool:
    """Tell whether a client takes gzip: RFC 9110, section 12.5.3."""
    return _GZIP.search(accept_encoding) is not None


def hash_query(text: str) -> str:
    """Return what stands for a query or an update in the log."""
    return sha256(text.encode()).hexdigest()[:16]


def _choose_types(name: str | None, accept: str) -> tuple[str | None, str | None]:
    """Choose the types for bindings and for graphs: by `format=`, else by Accept."""
    if name is not None:
        choice = formats.CHOICE_BY_NAME.get(name)
        if choice is None and not accept:
            known = ", ".join(formats.CHOICE_BY_NAME)
            raise errors.MalformedRequestError(f"There is no format '{name}'; use one of {known}.")
        if choice is not None:
            return choice.bindings, choice.graph
    chosen = negotiate(accept, formats.BINDINGS_TYPES), negotiate(accept, formats.GRAPH_TYPES)
    if chosen == (None, None):
        available = [*formats.BINDINGS_TYPES, *formats.GRAPH_TYPES]
        raise errors.NotAcceptableError("None of the accepted media types can be served.", available=available)
    return chosen
