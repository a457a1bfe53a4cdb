"""Who may write: whoever has the token, of which only the hash is known here. RFC 6750, section 2.1."""

import hashlib
import hmac

from service import errors

_CHALLENGE = 'Bearer realm="aigov"'


def hash_token(token: str) -> str:
    """Return the SHA-256 of a token, in hexadecimal; enough for a token that is random itself."""
    return hashlib.sha256(token.encode()).hexdigest()


class Writers:
    """The door to everything that writes; without a hash it is shut."""

    def __init__(self, token_sha256: str | None) -> None:
        self._token_sha256 = token_sha256
        self.are_admitted = token_sha256 is not None

    def admit(self, authorization: str) -> None:
        """Let a request in by its Authorization header; the comparison takes the same time for every token.

        Raises:
            ReadOnlyError: nothing can be written here.
            UnauthorizedError: no token, or the wrong one.
        """
        if self._token_sha256 is None:
            raise errors.ReadOnlyError("This service is read-only; it was started without --writable.")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            message = "Writing needs the token: send it as 'Authorization: Bearer …'."
            raise errors.UnauthorizedError(message, headers={"WWW-Authenticate": _CHALLENGE})
        if not hmac.compare_digest(hash_token(token.strip()), self._token_sha256):
            challenge = f'{_CHALLENGE}, error="invalid_token"'
            raise errors.UnauthorizedError("The token is not the right one.", headers={"WWW-Authenticate": challenge})
