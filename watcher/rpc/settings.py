# SPDX-License-Identifier: Apache-2.0
"""Checks the options of the messaging library when a daemon starts.

The library itself reads most of them only when it makes a connection or a queue: a daemon would
start, but neither send nor receive anything. Each rule here prevents such a failure.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import oslo_messaging
from kombu import compression
from oslo_concurrency import lockutils
from oslo_config import cfg
from oslo_messaging import opts

from watcher.common import config

RABBIT = "oslo_messaging_rabbit"
NOTIFICATIONS = "oslo_messaging_notifications"
_LOGIN_METHODS = ("AMQPLAIN", "PLAIN", "EXTERNAL")
_MOST_PREFETCHED = 65_535
_TLS_FILES = ("ssl_ca_file", "ssl_cert_file", "ssl_key_file")

Options = Mapping[str, Any]
Rule = Callable[[Options], str | None]
"""Returns what is wrong and what to do about it, naming the options; None if all is well."""


def check(conf: cfg.ConfigOpts) -> None:
    """Check that the library can work with these options, without making a connection.

    :raises ValueError: with a message that names group and option, but never a password
    """
    for group, known in opts.list_opts():
        if group in (None, RABBIT, NOTIFICATIONS):
            conf.register_opts(known, group=group)
    config.check(conf)
    if conf.executor_thread_pool_size < 1:
        raise ValueError("[DEFAULT] executor_thread_pool_size must be at least 1")
    _check_rpc(conf)
    _check_notifications(conf)


def _check_rpc(conf: cfg.ConfigOpts) -> None:
    place = "[DEFAULT] transport_url"
    url = _parse(conf, None, place)
    if url.transport == "kafka":
        raise ValueError(
            f"{place}: Kafka carries notifications only; name RabbitMQ here, and Kafka in "
            f"[{NOTIFICATIONS}] transport_url"
        )
    _check_driver(conf, url, place, oslo_messaging.get_rpc_transport)


def _check_notifications(conf: cfg.ConfigOpts) -> None:
    given = conf[NOTIFICATIONS].transport_url
    if given:
        place = f"[{NOTIFICATIONS}] transport_url"
        url = _parse(conf, given, place)
        _check_driver(conf, url, place, oslo_messaging.get_notification_transport)


def _parse(conf: cfg.ConfigOpts, url: str | None, place: str) -> oslo_messaging.TransportURL:
    """Return the parts of a URL; errors contain nothing of its text."""
    try:
        return oslo_messaging.TransportURL.parse(conf, url)
    except oslo_messaging.InvalidTransportURL as error:
        raise ValueError(f"{place}: {error}") from None
    except ValueError:
        raise ValueError(f"{place}: {config.TRANSPORT_URL_HINT}") from None


def _check_driver(
    conf: cfg.ConfigOpts,
    url: oslo_messaging.TransportURL,
    place: str,
    make: Callable[..., oslo_messaging.Transport],
) -> None:
    """Check the options with which a URL is used, and let the library load its driver."""
    if url.transport.split("+")[0] in ("rabbit", "kombu"):
        for problem in _problems(_effective(conf, url, place)):
            raise ValueError(f"[{RABBIT}] {problem}")
    try:
        make(conf, url)
    except (oslo_messaging.MessagingException, cfg.Error, ValueError, ImportError) as error:
        raise ValueError(f"{place}: {error}") from error


def _effective(conf: cfg.ConfigOpts, url: oslo_messaging.TransportURL, place: str) -> Options:
    """Return the options of RabbitMQ; those in the query of a URL take precedence."""
    types = {
        option.dest: option.type
        for group, known in opts.list_opts()
        if group == RABBIT
        for option in known
    }
    found = {name: conf[RABBIT][name] for name in types}
    for name, text in url.query.items():
        if name not in types:
            raise ValueError(f"{place}: RabbitMQ has no option {name}")
        try:
            found[name] = types[name](text)
        except ValueError as error:
            raise ValueError(f"{place}: {name}: {error}") from error
    return {**found, "lock_path": lockutils.get_lock_path(conf)}


def _problems(options: Options) -> Iterator[str]:
    return filter(None, (rule(options) for rule in RULES))


def _pool(options: Options) -> str | None:
    least, most = options["conn_pool_min_size"], options["rpc_conn_pool_size"]
    if most >= least:
        return None
    return f"rpc_conn_pool_size ({most}) must not be smaller than conn_pool_min_size ({least})"


def _heartbeat(options: Options) -> str | None:
    return None if options["heartbeat_rate"] > 0 else "heartbeat_rate must be at least 1"


def _prefetch(options: Options) -> str | None:
    if options["rabbit_qos_prefetch_count"] <= _MOST_PREFETCHED:
        return None
    return f"rabbit_qos_prefetch_count must not be greater than {_MOST_PREFETCHED}"


def _stream(options: Options) -> str | None:
    if not options["rabbit_stream_fanout"]:
        return None
    if options["rabbit_qos_prefetch_count"] <= 0:
        return "rabbit_stream_fanout needs a rabbit_qos_prefetch_count greater than 0"
    if not options["rabbit_transient_quorum_queue"]:
        return "rabbit_stream_fanout needs rabbit_transient_quorum_queue = true"
    return None


def _queue_type(options: Options) -> str | None:
    if not options["rabbit_ha_queues"]:
        return None
    for name in ("rabbit_quorum_queue", "rabbit_transient_quorum_queue"):
        if options[name]:
            return f"rabbit_ha_queues and {name} cannot be used together; switch one of them off"
    return None


def _queue_manager(options: Options) -> str | None:
    if not options["use_queue_manager"]:
        return None
    path = options["lock_path"]
    if not path:
        return "use_queue_manager needs [oslo_concurrency] lock_path, a folder for lock files"
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        return f"use_queue_manager: [oslo_concurrency] lock_path cannot be created: {error}"
    if not os.access(path, os.W_OK | os.X_OK):
        return f"use_queue_manager: [oslo_concurrency] lock_path {path} cannot be written to"
    return None


def _login(options: Options) -> str | None:
    method = options["rabbit_login_method"]
    if method in _LOGIN_METHODS:
        return None
    return f"rabbit_login_method {method} is not supported; use one of {', '.join(_LOGIN_METHODS)}"


def _compression(options: Options) -> str | None:
    name = options["kombu_compression"]
    if not name:
        return None
    try:
        compression.get_encoder(name)  # type: ignore[no-untyped-call]
    except KeyError:
        return f"kombu_compression {name} is unknown or not installed; use gzip, or none"
    return None


def _tls(options: Options) -> str | None:
    if not options["ssl"]:
        return None
    version = options["ssl_version"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if version and version.lower() not in _tls_versions():
        return f"ssl_version {version} is unknown; leave the option out"
    for name in _TLS_FILES:
        if options[name] and not os.access(options[name], os.R_OK):
            return f"{name} {options[name]} cannot be read"
    return _certificates(context, options)


def _tls_versions() -> set[str]:
    """Return the names that both the library and this build of Python know."""
    names = {"sslv2", "sslv3", "tlsv1_1", "tlsv1_2"}
    optional = {"sslv2": "SSLv2", "sslv3": "SSLv3", "tlsv1_1": "TLSv1_1", "tlsv1_2": "TLSv1_2"}
    built = {name for name in names if hasattr(ssl, f"PROTOCOL_{optional[name]}")}
    return {"tlsv1", "sslv23"} | built


def _certificates(context: ssl.SSLContext, options: Options) -> str | None:
    authority, certificate, key = (options[name] for name in _TLS_FILES)
    if authority:
        try:
            context.load_verify_locations(authority)
        except OSError as error:
            return f"ssl_ca_file {authority} contains no certificates: {error}"
    if certificate:
        try:
            # An encrypted key would make the library ask for its password on the terminal.
            context.load_cert_chain(certificate, key or None, password="")
        except OSError as error:
            return f"ssl_cert_file {certificate} and its ssl_key_file cannot be used: {error}"
    elif key:
        return "ssl_key_file needs ssl_cert_file, the certificate of that key"
    return None


RULES: tuple[Rule, ...] = (
    _pool,
    _heartbeat,
    _prefetch,
    _stream,
    _queue_type,
    _queue_manager,
    _login,
    _compression,
    _tls,
)
