# SPDX-License-Identifier: Apache-2.0
"""Options of group ``ssl``: the files with which watcher-api speaks TLS.

The names are those of oslo.service, whose own module for them is being removed.
"""

from __future__ import annotations

from oslo_config import cfg

GROUP = cfg.OptGroup("ssl", title="TLS of watcher-api")

OPTS: tuple[cfg.Opt, ...] = (
    cfg.StrOpt(
        "cert_file",
        deprecated_group="DEFAULT",
        deprecated_name="ssl_cert_file",
        help="File with the certificate of the server (PEM).",
    ),
    cfg.StrOpt(
        "key_file",
        deprecated_group="DEFAULT",
        deprecated_name="ssl_key_file",
        help="File with the private key of the server (PEM).",
    ),
    cfg.StrOpt(
        "ca_file",
        deprecated_group="DEFAULT",
        deprecated_name="ssl_ca_file",
        help="File with the authorities (PEM) that must have issued the certificates of clients; "
        "without it clients need none.",
    ),
    cfg.StrOpt(
        "ciphers",
        help="Ciphers to offer, in OpenSSL's notation; Python's by default.",
    ),
)


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the options of this group."""
    conf.register_group(GROUP)
    conf.register_opts(OPTS, group=GROUP)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return the options for the sample configuration."""
    return [(GROUP.name, list(OPTS))]
