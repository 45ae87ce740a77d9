"""Tests of the CSD facade."""
