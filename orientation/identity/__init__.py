"""Who asks: API keys, tokens of an identity provider, certificates passed on by a trusted proxy; and their rights."""

from orientation.identity.authentication import Identity
from orientation.identity.caller import Caller, anybody
from orientation.identity.clients import Clients, Grant, Held

__all__ = ["Caller", "Clients", "Grant", "Held", "Identity", "anybody"]
