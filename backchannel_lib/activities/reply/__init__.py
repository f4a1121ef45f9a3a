"""The reply checker."""
