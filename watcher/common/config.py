# SPDX-License-Identifier: Apache-2.0
"""Start of every process: library defaults, configuration files, logging."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from oslo_config import cfg
from oslo_log import log

from watcher import conf, version
from watcher.common import proxies

PROJECT = "watcher"
LOG_PROJECT = "python-watcher"
CONTROL_EXCHANGE = "watcher"

DEFAULT_LOG_LEVELS = (
    "amqp=WARN",
    "amqplib=WARN",
    "qpid.messaging=INFO",
    "oslo.messaging=INFO",
    "sqlalchemy=WARN",
    "stevedore=INFO",
    "eventlet.wsgi.server=WARN",
    "iso8601=WARN",
    "requests=WARN",
    "neutronclient=WARN",
    "apscheduler=WARN",
)

_LOCATION = re.compile(r"LocationInfo\(location=<[^>]*>, detail='([^']*)'\)")

#: Seconds that Keystone gets to validate a token; the library would wait for ever.
KEYSTONE_TIMEOUT_S = 10
#: Watcher's type in the catalogue; without it, application credentials with rules are refused.
SERVICE_TYPE = "infra-optim"


#: Replaces the library's message, which may repeat a part of a password.
TRANSPORT_URL_HINT = (
    "the port of a host is not a number; write a / in a user name or password as %2F, an @ as %40"
)


def set_lib_defaults() -> None:
    """Set this project's defaults of library options (also for the sample configuration)."""
    # Imported here: they take half a second, which a command that needs none of them saves.
    import oslo_messaging
    from keystonemiddleware import auth_token
    from oslo_middleware import cors

    oslo_messaging.set_transport_defaults(CONTROL_EXCHANGE)
    set_log_defaults()
    cors.set_defaults(
        allow_headers=[
            "X-Auth-Token",
            "X-Identity-Status",
            "X-Roles",
            "X-Service-Catalog",
            "X-User-Id",
            "X-Tenant-Id",
            "X-OpenStack-Request-ID",
        ],
        expose_headers=[
            "X-Auth-Token",
            "X-Subject-Token",
            "X-Service-Token",
            "X-OpenStack-Request-ID",
        ],
        allow_methods=["GET", "PUT", "POST", "DELETE", "PATCH"],
    )
    for _group, options in auth_token.AUTH_TOKEN_OPTS:
        cfg.set_defaults(
            options, http_connect_timeout=KEYSTONE_TIMEOUT_S, service_type=SERVICE_TYPE
        )


def set_log_defaults() -> None:
    """Make libraries log what an operator wants to read, and no more."""
    log.set_defaults(default_log_levels=list(DEFAULT_LOG_LEVELS))


def parse_args(
    argv: Sequence[str],
    default_config_files: list[str] | None = None,
    default_config_dirs: list[str] | None = None,
    *,
    prog: str | None = None,
    description: str | None = None,
    example: str | None = None,
) -> None:
    """Read options from arguments, files and the environment, those of all libraries too.

    :param argv: without the name of the program
    :param description: what ``--help`` says the program is for
    :param example: a command line that ``--help`` shows
    :raises SystemExit: with a message, when a file is missing or cannot be parsed.
    """
    proxies.spare_loopback()
    set_lib_defaults()
    read_options(
        argv,
        default_config_files,
        default_config_dirs,
        prog=prog,
        description=description,
        example=example,
    )
    import oslo_messaging  # as in set_lib_defaults

    try:
        # Registers transport_url, which the library does only when a transport is made.
        oslo_messaging.TransportURL.parse(conf.CONF)
    except oslo_messaging.InvalidTransportURL as error:
        raise SystemExit(f"{prog or PROJECT}: [DEFAULT] transport_url: {error}") from None
    except ValueError:
        place = f"{prog or PROJECT}: [DEFAULT] transport_url"
        raise SystemExit(f"{place}: {TRANSPORT_URL_HINT}") from None


def read_options(
    argv: Sequence[str],
    default_config_files: list[str] | None = None,
    default_config_dirs: list[str] | None = None,
    *,
    prog: str | None = None,
    description: str | None = None,
    example: str | None = None,
) -> None:
    """Do what :func:`parse_args` does, for a command without message bus and HTTP."""
    set_log_defaults()
    if "debug" not in conf.CONF:
        conf.CONF.clear()  # command-line options cannot be added to parsed arguments
        log.register_options(conf.CONF)
    argv, files = _without_dollars(argv)
    try:
        conf.CONF(
            argv,
            project=PROJECT,
            prog=prog,
            description=description,
            epilog=f"Example: {example}" if example else None,
            version=version.version_string(),
            default_config_files=files or default_config_files,
            default_config_dirs=default_config_dirs,
        )
        if files:
            escaped = [path.replace("$", "$$") for path in files]
            conf.CONF.set_default("config_file", escaped)
    except (cfg.Error, OSError, ValueError) as error:
        # As the library itself does for wrong values and arguments.
        raise SystemExit(f"{prog or PROJECT}: {_readable(error)}") from error


def _without_dollars(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Remove the configuration files from arguments if one of their paths contains a ``$``.

    The library opens such a file, and then takes the text after the ``$`` for the name of an
    option. A ``$`` cannot be escaped there, but it can in the paths of default files.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--config-file", action="append", default=[])
    try:
        found, others = parser.parse_known_args(list(argv))
    except argparse.ArgumentError:  # the path is missing: the library says so
        return list(argv), []
    if not any("$" in path for path in found.config_file):
        return list(argv), []
    return others, found.config_file


def prepare(
    argv: Sequence[str] | None = None,
    *,
    prog: str | None = None,
    description: str | None = None,
    example: str | None = None,
    default_config_files: list[str] | None = None,
    log_to_stderr: bool = False,
) -> None:
    """Read the configuration, check all of it, and start logging.

    :param argv: arguments without the name of the program; those of this process by default
    :param description: what ``--help`` says the program is for
    :param example: a command line that ``--help`` shows
    :param log_to_stderr: for a program whose standard output says something to its user; where
        nothing is configured, the library logs to standard output
    :raises SystemExit: with a message, when anything in it is wrong.
    """
    parse_args(
        sys.argv[1:] if argv is None else argv,
        default_config_files=default_config_files,
        prog=prog,
        description=description,
        example=example,
    )
    if log_to_stderr:
        conf.CONF.set_default("use_stderr", True)
    try:
        log.setup(conf.CONF, LOG_PROJECT)
        check(conf.CONF)
    except (log.LogConfigError, cfg.Error, OSError, ValueError) as error:
        raise SystemExit(f"{prog or PROJECT}: {_readable(error)}") from error


def check(options: cfg.ConfigOpts) -> None:
    """Read every registered option once, so that a mistake is found at startup.

    The library looks at most values only when they are used: a daemon would come up and fail
    at its first audit.

    :raises ValueError: naming group and option.
    """
    for name in options:
        found = _value(options, "DEFAULT", name)
        if isinstance(found, cfg.ConfigOpts.GroupAttr):
            for each in found:
                _value(found, name, each)


def _value(options: Mapping[str, Any], group: str, name: str) -> Any:
    try:
        return options[name]
    except (cfg.Error, ValueError) as error:
        # A value that refers to a missing option is hidden behind "no such option".
        hidden = error.__context__ if isinstance(error, cfg.NoSuchOptError) else None
        raise ValueError(f"[{group}] {name}: {_readable(hidden or error)}") from error


def _readable(error: BaseException) -> str:
    """Return the text of a library error without its internal notation for locations."""
    return _LOCATION.sub(r"\1", str(error))
