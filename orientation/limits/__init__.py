"""How much anybody may ask: so often, and so much at once; what is too much is refused before it costs."""

from orientation.limits.rates import Rates
from orientation.limits.slots import Slots

__all__ = ["Rates", "Slots"]
