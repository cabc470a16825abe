"""Uploading transcripts to the search store."""
