"""Keeping the database in step with the transcripts on disk."""
