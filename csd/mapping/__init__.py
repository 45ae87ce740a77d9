"""Unit ↔ CSD: which part of a unit stands where, both ways, on the JSON shape of units."""
