"""The code lists of the product: national lists, what we add to them, and how they are looked up.

Codes are strings whose leading zeros count, and a retired code stays readable. Lists, versions and sources
are described in ``docs/nomenclature.md``.
"""

from mappings.nomenclature.activities import (
    ActivityGroup,
    activity_groups,
    groups_of,
    is_critical,
    related,
)
from mappings.nomenclature.code_list import CodeList, Concept
from mappings.nomenclature.freshness import (
    FreshnessPolicy,
    freshness_class,
    freshness_policies,
    freshness_policy,
)
from mappings.nomenclature.registry import CRITERIA, Nomenclature, nomenclature
from mappings.nomenclature.search_words import codes_for, search_words, words_of

__all__ = [
    "CRITERIA",
    "ActivityGroup",
    "CodeList",
    "Concept",
    "FreshnessPolicy",
    "Nomenclature",
    "activity_groups",
    "codes_for",
    "freshness_class",
    "freshness_policies",
    "freshness_policy",
    "groups_of",
    "is_critical",
    "nomenclature",
    "related",
    "search_words",
    "words_of",
]
