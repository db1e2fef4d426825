# SPDX-License-Identifier: Apache-2.0
"""Options of group ``collector``: how the model of the cloud is read."""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("collector", title="Reading the model of the cloud")

OPTS: tuple[cfg.Opt, ...] = (
    cfg.IntOpt(
        "api_query_max_retries",
        default=10,
        min=1,
        deprecated_name="api_call_retries",
        help="Number of attempts for one request of a collector.",
    ),
    cfg.IntOpt(
        "api_query_interval",
        default=1,
        min=0,
        deprecated_name="api_query_timeout",
        help="Seconds between two attempts for one request of a collector.",
    ),
    cfg.IntOpt(
        "compute_resources_collector_timeout",
        default=600,
        min=30,
        help="Seconds that the collection of all compute hosts and servers may take.",
    ),
    cfg.IntOpt(
        "model_max_age",
        default=1,
        min=0,
        mutable=True,
        help="Maximum age of the model, in seconds: how long before an audit the reading of the "
        "cloud that it uses may have begun. If the model is older, the cloud is read again; "
        "audits that wait for the same reading share it. 0 uses only readings that begin after "
        "the audit.",
    ),
)


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the options of this group."""
    conf.register_group(GROUP)
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options for the sample configuration."""
    return [(GROUP.name, list(OPTS))]
