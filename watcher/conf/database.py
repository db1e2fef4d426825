# SPDX-License-Identifier: Apache-2.0
"""Options of group ``database``: oslo.db's, with this project's defaults, and one more.

oslo.db itself lists its options for the sample configuration.
"""

from __future__ import annotations

from oslo_config import cfg
from oslo_db import options

DEFAULT_CONNECTION = "sqlite:///$state_path/watcher.sqlite"

#: Idle connections that a process keeps open. More than the API's threads, or those beyond
#: would connect again for each request, which costs more than most requests.
KEPT_CONNECTIONS = 20

GROUP = "database"

OPTS = (
    cfg.IntOpt(
        "read_timeout",
        default=20,
        min=0,
        help="Seconds that the database server may be silent while it owes an answer. After that "
        "the connection counts as lost: the work is retried over another one, or a request is "
        "answered with 503. 0 means no limit: the services then wait for hours for a server "
        "that hangs or whose host vanished. MariaDB, MySQL (PyMySQL) and PostgreSQL (psycopg) "
        "only. Schema changes and purges have no limit.",
    ),
)


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the options of this group."""
    options.set_defaults(conf, connection=DEFAULT_CONNECTION, max_pool_size=KEPT_CONNECTIONS)
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options of this project for the sample configuration."""
    return [(GROUP, list(OPTS))]
