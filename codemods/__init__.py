"""Moves asyncio code to ReactiveX without changing what it does."""

__version__ = "0.1.0"
