"""Settings, read from the environment.

Each section is a frozen dataclass; the variable of a field is ``OBJLIB_<SECTION>_<FIELD>``, so
``ExtractionSettings.max_attempts`` is ``OBJLIB_EXTRACTION_MAX_ATTEMPTS``. The four that everybody
needs have short names: ``OBJLIB_DB``, ``OBJLIB_LIBRARY``, ``OBJLIB_BATCH_URL`` and
``OBJLIB_STORE_URL``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from objlib.errors import ConfigError

_Section = TypeVar("_Section")


@dataclass(frozen=True)
class BatchSettings:
    """The batch pipeline (``metadata batch-extract``)."""

    batch_size: int = 10
    max_concurrent_inputs: int = 4
    submits_per_minute: float = 30.0
    poll_interval: float = 5.0
    poll_cap: float = 60.0
    queue_poll_interval: float = 10.0
    timeout: float = 3600.0
    max_retries: int = 4
    retry_base: float = 0.5


@dataclass(frozen=True)
class ExtractionSettings:
    """The direct pipeline (``metadata extract``)."""

    concurrency: int = 3
    requests_per_minute: float = 60.0
    max_attempts: int = 3
    backoff: float = 1.0
    sample_size: int = 2
    max_wave1_errors: int = 0


@dataclass(frozen=True)
class UploadSettings:
    """The upload pipeline (``upload`` and ``recover``)."""

    concurrency: int = 7
    reduced_concurrency: int = 2
    poll_concurrency: int = 20
    batch_size: int = 10
    stagger: float = 1.0
    cooldown: float = 30.0
    operation_timeout: float = 300.0
    operation_poll: float = 1.0
    operation_poll_cap: float = 10.0
    rate_limit_retries: int = 5
    rate_limit_base: float = 2.0
    rate_limit_cap: float = 60.0
    requests_per_second: float = 10.0
    retry_attempts: int = 4
    retry_initial: float = 0.5
    breaker_window: int = 10
    breaker_threshold: float = 0.3
    occ_backoff: float = 0.01
    recovery_timeout: float = 600.0
    recovery_call_timeout: float = 30.0


@dataclass(frozen=True)
class Settings:
    """Everything that the command line needs to know."""

    db_path: Path = Path("objlib.sqlite3")
    library_root: Path = Path("library")
    batch_url: str = ""
    store_url: str = ""
    store_name: str = "lectures"
    api_key: str = ""
    http_timeout: float = 30.0
    batch: BatchSettings = field(default_factory=BatchSettings)
    extraction: ExtractionSettings = field(default_factory=ExtractionSettings)
    upload: UploadSettings = field(default_factory=UploadSettings)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from ``environ`` (default: the process environment)."""
        env = os.environ if environ is None else environ
        return cls(
            db_path=Path(env.get("OBJLIB_DB", "objlib.sqlite3")),
            library_root=Path(env.get("OBJLIB_LIBRARY", "library")),
            batch_url=env.get("OBJLIB_BATCH_URL", ""),
            store_url=env.get("OBJLIB_STORE_URL", ""),
            store_name=env.get("OBJLIB_STORE_NAME", "lectures"),
            api_key=env.get("OBJLIB_API_KEY", ""),
            http_timeout=_number(env, "OBJLIB_HTTP_TIMEOUT", 30.0),
            batch=_section(BatchSettings, "BATCH", env),
            extraction=_section(ExtractionSettings, "EXTRACTION", env),
            upload=_section(UploadSettings, "UPLOAD", env),
        )

    def require_batch_url(self) -> str:
        """Return the batch API's URL, or complain that there is none."""
        if not self.batch_url:
            raise ConfigError("no batch API: set OBJLIB_BATCH_URL")
        return self.batch_url

    def require_store_url(self) -> str:
        """Return the search store's URL, or complain that there is none."""
        if not self.store_url:
            raise ConfigError("no search store: set OBJLIB_STORE_URL")
        return self.store_url


def _section(cls: type[_Section], prefix: str, env: Mapping[str, str]) -> _Section:
    values: dict[str, Any] = {}
    for item in fields(cls):  # type: ignore[arg-type]
        name = f"OBJLIB_{prefix}_{item.name.upper()}"
        if name in env:
            convert = int if isinstance(item.default, int) else float
            values[item.name] = convert(_number(env, name, 0.0))
    return cls(**values)


def _number(env: Mapping[str, str], name: str, default: float) -> float:
    raw = env.get(name)
    if raw is None:
        return default
    try:
        return float(raw)
    except ValueError:
        raise ConfigError(f"{name} is not a number: {raw!r}") from None
