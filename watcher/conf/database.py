# SPDX-License-Identifier: Apache-2.0
"""Options of group ``database``: those of oslo.db, with defaults of ours, and one of our own.

oslo.db lists its own for the sample configuration itself.
"""

from __future__ import annotations

from oslo_config import cfg
from oslo_db import options

DEFAULT_CONNECTION = "sqlite:///$state_path/watcher.sqlite"

#: Idle connections that a process keeps open. More than the threads of the API, or those beyond
#: would connect again for each request, which costs more than most requests.
KEPT_CONNECTIONS = 20

GROUP = "database"

OPTS = (
    cfg.IntOpt(
        "read_timeout",
        default=20,
        min=0,
        help="Seconds that the server of the database may be silent while it owes an answer. "
        "After that the connection counts as lost: what was asked is asked again over another "
        "one, or a request is answered with 503. 0 means no limit, so that a server that hangs, "
        "or whose host vanished, is awaited for hours. MariaDB, MySQL (PyMySQL) and PostgreSQL "
        "(psycopg) only. Changes of the schema and purges have no limit.",
    ),
)


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the options of this group."""
    options.set_defaults(conf, connection=DEFAULT_CONNECTION, max_pool_size=KEPT_CONNECTIONS)
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return our own options for the sample configuration."""
    return [(GROUP, list(OPTS))]
