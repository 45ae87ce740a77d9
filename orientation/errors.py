"""Errors of the question room that the lower rooms do not know."""

from __future__ import annotations

from mappings.errors import RorError


class Unauthorized(RorError):
    """Who asks is not known: the key given is not one of ours, or is revoked."""


class Forbidden(RorError):
    """Who asks is known and has not the right; the message names the right that is needed."""


class GeocoderUnavailable(RorError):
    """The service that places postal addresses did not answer; nothing is wrong with the address."""


class MalformedBody(RorError):
    """The body is not the JSON that its content type announces."""


class NotAcceptable(RorError):
    """None of the formats that ``Accept`` lists is offered."""


class IdentityUnavailable(RorError):
    """The identity provider's keys cannot be read; nothing is wrong with the token."""


class TooManyRequests(RorError):
    """Somebody asks more often than is allowed; ``retry_after_s`` says when to ask again."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        """Keep when to ask again."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Overloaded(RorError):
    """More is asked of this server than it can answer in time; the question was not begun."""
