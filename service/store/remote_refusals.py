"""What it means that a remote engine gave no answer, or one that is no success."""

import http.client
import json
import re
import ssl
import urllib.error

from service import errors
from service.store.deadline import Deadline

RETRY_S = 5
_ERROR_BYTES = 4096
_SAID_CHARS = 400
_POSITION = re.compile(r"error at (\d+):(\d+): (.*)")
_LINE = re.compile(r"\bline (\d+)")
_ECHO = re.compile(r"\s*SPARQL query:.*", re.DOTALL)
_TIMED_OUT = re.compile(r"\bS1T00\b|timed? ?out", re.IGNORECASE)


def read_breakdown(error: Exception, deadline: Deadline) -> errors.ServiceError:
    """Return what it means that no answer came."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if deadline.is_over or isinstance(reason, TimeoutError):
        return deadline.exceeded()
    if isinstance(reason, ssl.SSLError):
        return errors.BackendFailedError(
            "No secure connection to the store behind this endpoint can be made; its certificate may not be trusted."
        )
    if isinstance(error, urllib.error.URLError):
        return _unavailable()
    return errors.BackendFailedError("The store behind this endpoint closed the connection without an answer.")


def _unavailable(retry_s: int = RETRY_S) -> errors.BackendUnavailableError:
    """Return the error that says that the engine cannot be reached."""
    return errors.BackendUnavailableError(
        "The store behind this endpoint cannot be reached; try again later.", headers={"Retry-After": str(retry_s)}
    )


def read_refusal(response: urllib.error.HTTPError, deadline: Deadline) -> errors.ServiceError:
    """Return what an answer that is no success means."""
    try:
        body = response.read(_ERROR_BYTES)
    except (OSError, http.client.HTTPException):
        body = b""
    said = _trim(body, response.headers.get_content_type())
    status = response.code
    if deadline.is_over:
        return deadline.exceeded()
    if status == 400:
        return _read_syntax_error(said)
    if status in (408, 504) or (status >= 500 and _TIMED_OUT.search(said)):
        return errors.DeadlineExceededError(
            f"The store behind this endpoint stopped the query at its own deadline. It says: {said or status}",
            limit_s=deadline.limit_s,
        )
    if status in (429, 503):
        wait = str(response.headers.get("Retry-After", ""))
        return _unavailable(int(wait) if wait.isdecimal() and len(wait) < 6 else RETRY_S)
    if status in (401, 403):
        return errors.BackendFailedError("The store behind this endpoint does not accept our credentials.")
    if 300 <= status < 400:
        return errors.BackendFailedError(
            "The store behind this endpoint answers with a redirect, which is not followed; "
            "the operator has to name the final address."
        )
    return errors.BackendFailedError(
        f"The store behind this endpoint answers with status {status}" + (f". It says: {said}" if said else ".")
    )


def _read_syntax_error(said: str) -> errors.MalformedQueryError:
    error = errors.MalformedQueryError(said or "The store behind this endpoint refuses the query.")
    if match := _POSITION.match(said):
        error.extensions |= {"line": int(match[1]), "column": int(match[2])}
        error.detail = match[3]
    elif (match := _LINE.search(said)) and int(match[1]):
        error.extensions |= {"line": int(match[1])}
    return error


def _trim(body: bytes, media_type: str) -> str:
    """Return what an engine says of an error in one paragraph, without markup and without the query."""
    text = body.decode("utf-8", "replace")
    if media_type.endswith("json"):
        try:
            document = json.loads(text)
            named = (document.get(name) for name in ("exception", "detail", "message", "error"))
            text = next((value for value in named if isinstance(value, str)), "")
        except (ValueError, AttributeError):
            text = ""
    elif media_type in ("text/html", "application/xml", "text/xml"):
        return ""
    words = " ".join(_ECHO.sub("", text).split())
    return words if len(words) <= _SAID_CHARS else words[:_SAID_CHARS].rstrip() + " …"
