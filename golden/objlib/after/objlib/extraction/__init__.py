"""Lecture metadata, extracted by a language model: in batches, or one lecture at a time."""
