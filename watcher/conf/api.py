# SPDX-License-Identifier: Apache-2.0
"""Options of group ``api``: the REST service."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("api", title="The REST service")

OPTS: tuple[cfg.Opt, ...] = (
    cfg.PortOpt("port", default=9322, help="TCP port on which watcher-api listens."),
    cfg.HostAddressOpt(
        "host", default="127.0.0.1", help="Address or host name on which watcher-api listens."
    ),
    cfg.IntOpt(
        "max_limit",
        default=1000,
        help="Largest number of records in one page of a list, and the size of a page when the "
        "request names none.",
    ),
    cfg.IntOpt(
        "workers",
        min=1,
        help="Number of worker processes of watcher-api; unset means the number of CPUs.",
    ),
    cfg.BoolOpt(
        "enable_ssl_api",
        default=False,
        help="Whether watcher-api speaks TLS, with the files named in group [ssl].",
    ),
    cfg.BoolOpt(
        "enable_webhooks_auth",
        default=True,
        help="Whether triggering an audit through /v1/webhooks needs a token and the policy "
        "rule webhook:trigger.",
    ),
)


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the options of this group."""
    conf.register_group(GROUP)
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options for the sample configuration."""
    return [(GROUP.name, list(OPTS))]
