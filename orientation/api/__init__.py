"""The HTTP surface: one module a family of routes."""
