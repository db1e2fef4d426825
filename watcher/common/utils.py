# SPDX-License-Identifier: Apache-2.0
"""Published helpers for plug-ins; the service itself uses only :class:`Struct`.

Nothing goes here because it has no better home.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar

from croniter import croniter
from jsonschema import validators
from oslo_log import log

from watcher.common import exception

LOG = log.getLogger(__name__)

_P = ParamSpec("_P")
_R = TypeVar("_R")

_HOSTNAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
_HOSTNAME_MOST = 255


class Struct(dict[str, Any]):
    """A dictionary whose entries are attributes too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except KeyError:
            raise AttributeError(name) from None


def async_compat_call(f: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Call ``f``; there is only one kind of thread here."""
    return f(*args, **kwargs)


def safe_rstrip(value: Any, chars: str | None = None) -> Any:
    """Strip the end of a string, unless nothing would be left; return anything else unchanged.

    >>> safe_rstrip("path/", "/"), safe_rstrip("/", "/"), safe_rstrip(5)
    ('path', '/', 5)
    """
    if not isinstance(value, str):
        LOG.warning("%r is not a string and is left unchanged", value)
        return value
    return value.rstrip(chars) or value


def is_cron_like(value: str) -> bool:
    """Return true for a cron expression.

    :raises CronFormatIsInvalid: if it is not one
    """
    if not croniter.is_valid(value):
        raise exception.CronFormatIsInvalid(message=f"Invalid cron expression: {value}")
    return True


def is_hostname_safe(hostname: Any) -> bool:
    """Tell whether a text can be a host name (RFC 1123): labels of letters, digits and hyphens.

    >>> is_hostname_safe("node-1.example.org"), is_hostname_safe("-node"), is_hostname_safe("")
    (True, False, False)
    """
    if not isinstance(hostname, str) or len(hostname) > _HOSTNAME_MOST:
        return False
    return all(_HOSTNAME.fullmatch(label) for label in hostname.split("."))


def get_cls_import_path(cls: type[Any]) -> str:
    """Return where a class can be imported from, e.g. ``package.module.Name``."""
    return f"{cls.__module__}.{cls.__name__}"


def extend_with_default(validator_class: type[Any]) -> type[Any]:
    """Return a JSON schema validator that also fills in the defaults of missing properties."""
    check = validator_class.VALIDATORS["properties"]

    def fill_in(validator: Any, properties: Any, instance: Any, schema: Any) -> Iterator[Any]:
        if isinstance(instance, dict):
            for name, each in properties.items():
                if "default" in each:
                    instance.setdefault(name, each["default"])
        yield from check(validator, properties, instance, schema)

    return _extended(validator_class, fill_in)


def extend_with_strict_schema(validator_class: type[Any]) -> type[Any]:
    """Return a JSON schema validator that refuses properties that the schema does not name."""
    check = validator_class.VALIDATORS["properties"]

    def refuse(validator: Any, properties: Any, instance: Any, schema: Any) -> Iterator[Any]:
        yield from check(validator, properties, instance, schema)
        if isinstance(instance, dict):
            unknown = sorted(set(instance) - set(properties))
            if unknown:
                raise exception.AuditParameterNotAllowed(parameter=", ".join(unknown))

    return _extended(validator_class, refuse)


def _extended(validator_class: type[Any], properties: Callable[..., Iterator[Any]]) -> type[Any]:
    made: type[Any] = validators.extend(  # type: ignore[no-untyped-call]  # it has no types
        validator_class, {"properties": properties}
    )
    return made
