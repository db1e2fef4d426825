# SPDX-License-Identifier: Apache-2.0
"""Options of group ``DEFAULT``: identity of the daemon, liveness, authentication, notifications."""

from __future__ import annotations

import pathlib
import re
import socket

from oslo_config import cfg

_LABEL_MOST = 63


def host_name_of(machine: str) -> str:
    """Turn the name of a machine, such as ``my_host``, into a valid host name.

    >>> host_name_of("node-1.example.org"), host_name_of("my_host"), host_name_of("_")
    ('node-1.example.org', 'my-host', 'localhost')
    """
    labels = (
        re.sub(r"[^A-Za-z0-9-]", "-", each)[:_LABEL_MOST].strip("-") for each in machine.split(".")
    )
    return ".".join(each for each in labels if each) or "localhost"


#: With $ doubled: a single one would start the name of another option.
_PACKAGE_DIR = str(pathlib.Path(__file__).resolve().parents[1]).replace("$", "$$")

OPTS: tuple[cfg.Opt, ...] = (
    cfg.BoolOpt(
        "enable_authentication",
        default=True,
        help="Whether the API has Keystone validate the token of each request. When false, the "
        "identity headers (X-Roles, X-User-Id, X-Project-Id, ...) are trusted as the client "
        "sends them: only for a service that nobody but its operator can reach.",
    ),
    cfg.BoolOpt(
        "fatal_exception_format_errors",
        default=False,
        help="Whether a message template that cannot be filled in raises an error (for "
        "developers) or is logged and shown unfilled.",
    ),
    cfg.StrOpt(
        "pybasedir",
        default=_PACKAGE_DIR,
        sample_default="<folder of the installed package>",
        help="Folder of the installed package; other options may refer to it as $pybasedir.",
    ),
    cfg.StrOpt(
        "bindir",
        default="$pybasedir/bin",
        deprecated_for_removal=True,
        deprecated_reason="Nothing is run from there.",
        help="Folder that other options may refer to as $bindir.",
    ),
    cfg.StrOpt(
        "state_path",
        default="$pybasedir",
        help="Folder for persistent files; other options may refer to it as $state_path, "
        "for example in the URL of a SQLite database.",
    ),
    cfg.IntOpt(
        "periodic_interval",
        default=60,
        mutable=True,
        help="Seconds between checks by a daemon that its peers are alive.",
    ),
    cfg.HostAddressOpt(
        "host",
        default=host_name_of(socket.gethostname()),
        sample_default="<HOSTNAME>",
        help="Name by which this daemon is known: in its row of the service list, in the work "
        "it owns, and as the server name of its RPC queues. Two daemons of the same kind must "
        "not share it. It need not be a resolvable host name.",
    ),
    cfg.IntOpt(
        "service_down_time",
        default=90,
        help="Seconds without a heartbeat after which a daemon is reported as FAILED and its "
        "work is taken over. Heartbeats come every 60 seconds, "
        "or three times in this period if that is more often.",
    ),
    cfg.StrOpt(
        "notification_level",
        default="info",
        choices=("", "debug", "info", "warning", "error", "critical"),
        help="Lowest priority of the notifications that are sent; empty sends none.",
    ),
)


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the options of group ``DEFAULT``."""
    conf.register_opts(OPTS)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options for the sample configuration."""
    return [("DEFAULT", list(OPTS))]
