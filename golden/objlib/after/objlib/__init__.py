"""objlib: a library of lecture transcripts, its metadata and its search store."""

__version__ = "0.9.0"
