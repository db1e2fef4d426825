from collections.abc import Callable, Iterable
from typing import Any

from keystoneauth1 import exceptions as ksa_exceptions
from oslo_config import cfg

__all__ = ["AUTH_TOKEN_OPTS", "AuthProtocol", "ksa_exceptions"]

AUTH_TOKEN_OPTS: list[tuple[str, list[cfg.Opt]]]

class AuthProtocol:
    def __init__(self, app: Callable[..., Any], conf: dict[str, Any]) -> None: ...
    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]: ...
