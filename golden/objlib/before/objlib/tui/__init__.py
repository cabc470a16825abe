"""The text user interface."""
