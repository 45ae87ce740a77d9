"""The quality of the directory, by site and territory: how complete, how recent, how coherent its records are."""

from orientation.quality.asking import GROUPS, MAX_ROWS, RECENCY_RULE, UNIT_AGES, QualityQuestion
from orientation.quality.reading import Quality, Row, quality

__all__ = ["GROUPS", "MAX_ROWS", "RECENCY_RULE", "UNIT_AGES", "Quality", "QualityQuestion", "Row", "quality"]
