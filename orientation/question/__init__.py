"""A question as it is asked, whatever the surface, turned into criteria: here and nowhere else."""

from orientation.question.build import Asked, criteria_from
from orientation.question.origin import Geocoder
from orientation.question.shape import Arguments, arguments_of_json

__all__ = ["Arguments", "Asked", "Geocoder", "arguments_of_json", "criteria_from"]
