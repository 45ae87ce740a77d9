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
