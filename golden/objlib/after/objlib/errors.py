"""Exceptions that cross module boundaries.

Their messages end up in the database, so they never carry a URL, a port or a point in time:
two runs over the same library must leave the same rows behind.
"""

from __future__ import annotations


class ObjlibError(Exception):
    """Base class of everything this package raises on purpose."""


class ConfigError(ObjlibError):
    """A setting is missing or cannot be read."""


class RemoteError(ObjlibError):
    """A remote service answered, but not with what we asked for."""

    def __init__(self, message: str, *, status_code: int | None = None) -> None:
        super().__init__(message)
        self.status_code = status_code


class RateLimitedError(RemoteError):
    """The service wants us to slow down (HTTP 429)."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message, status_code=429)
        self.retry_after = retry_after


class BatchJobError(ObjlibError):
    """A batch job came to an end that is not success."""

    def __init__(self, job_id: str, message: str) -> None:
        super().__init__(f"batch job {job_id}: {message}")
        self.job_id = job_id


class BatchJobFailedError(BatchJobError):
    """The service gave up on the job."""


class BatchJobCancelledError(BatchJobError):
    """Somebody cancelled the job."""


class ExtractionParseError(ObjlibError):
    """The model's answer is not the metadata we asked for."""


class OCCConflictError(ObjlibError):
    """A row moved on since we read it."""

    def __init__(self, path: str, expected_version: int) -> None:
        super().__init__(f"{path}: no longer at version {expected_version}")
        self.path = path
        self.expected_version = expected_version


class UploadRejectedError(RemoteError):
    """The store refused a file for good."""


class OperationFailedError(ObjlibError):
    """A long-running operation of the store ended with an error."""


class OperationTimeoutError(ObjlibError):
    """A long-running operation of the store did not end in time."""


class RecoveryTimeoutError(ObjlibError):
    """Crash recovery took longer than it was given."""


class SessionExistsError(ObjlibError):
    """A search session of that name is already there."""


class SessionNotFoundError(ObjlibError):
    """No search session of that name."""
