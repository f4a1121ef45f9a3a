"""Readers for tables and texts, and errors that people can fix. Nothing here is about residency."""
