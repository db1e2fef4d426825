# SPDX-License-Identifier: Apache-2.0
"""Options that the messaging library itself would refuse only when it is too late."""

from __future__ import annotations

import os
import pathlib

import pytest
from oslo_config import cfg

from watcher.rpc import settings

RABBIT = "rabbit://u:secret@127.0.0.1:1/v"


def configuration(path: pathlib.Path, text: str) -> cfg.ConfigOpts:
    """Return a separate configuration, so that no option stays registered for other tests."""
    written = path / "watcher.conf"
    written.write_text(text)
    conf = cfg.ConfigOpts()
    conf(["--config-file", str(written)], project="watcher", default_config_dirs=[])
    return conf


def rabbit(*lines: str, url: str = RABBIT, more: str = "") -> str:
    """Return the text of a configuration with options of RabbitMQ."""
    text = "\n".join(lines)
    return f"[DEFAULT]\ntransport_url = {url}\n[oslo_messaging_rabbit]\n{text}\n{more}\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[DEFAULT]\ntransport_url = fake:\n",
        rabbit(),
        rabbit(
            "rabbit_stream_fanout = true",
            "rabbit_transient_quorum_queue = true",
            "rabbit_qos_prefetch_count = 10",
        ),
        rabbit("rabbit_quorum_queue = true"),
        rabbit("rabbit_ha_queues = true"),
        rabbit("kombu_compression = gzip"),
        rabbit("ssl = true", "ssl_version = TLSv1_2"),
        rabbit("ssl_ca_file = /not/used/without/ssl"),
        rabbit(url=f"{RABBIT}?rabbit_qos_prefetch_count=5"),
    ],
)
def test_options_that_work_are_taken(tmp_path, text: str) -> None:
    settings.check(configuration(tmp_path, text))


def test_the_queue_manager_is_taken_with_a_folder_for_locks(tmp_path) -> None:
    folder = tmp_path / "new" / "locks"
    more = f"[oslo_concurrency]\nlock_path = {folder}"

    settings.check(configuration(tmp_path, rabbit("use_queue_manager = true", more=more)))

    assert folder.is_dir()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (rabbit("use_queue_manager = true"), "use_queue_manager needs .* lock_path"),
        (
            rabbit(
                "use_queue_manager = true", more="[oslo_concurrency]\nlock_path = /dev/null/locks"
            ),
            "lock_path cannot be created",
        ),
        (rabbit("rabbit_stream_fanout = true"), "needs a rabbit_qos_prefetch_count"),
        (
            rabbit("rabbit_stream_fanout = true", "rabbit_qos_prefetch_count = 1"),
            "needs rabbit_transient_quorum_queue = true",
        ),
        (
            rabbit("rabbit_ha_queues = true", "rabbit_quorum_queue = true"),
            "rabbit_ha_queues and rabbit_quorum_queue cannot be used",
        ),
        (
            rabbit("rabbit_ha_queues = true", "rabbit_transient_quorum_queue = true"),
            "rabbit_ha_queues and rabbit_transient_quorum_queue cannot be used",
        ),
        (rabbit("rpc_conn_pool_size = 1"), r"rpc_conn_pool_size \(1\)"),
        (rabbit("conn_pool_min_size = 40"), r"conn_pool_min_size \(40\)"),
        (rabbit("heartbeat_rate = 0"), "heartbeat_rate must be at least 1"),
        (rabbit("rabbit_qos_prefetch_count = 70000"), "not be greater than 65535"),
        (rabbit("rabbit_qos_prefetch_count = many"), "rabbit_qos_prefetch_count: .*many"),
        (rabbit("rabbit_login_method = RABBIT-CR-DEMO"), "RABBIT-CR-DEMO is not supported"),
        (rabbit("kombu_compression = zip"), "kombu_compression zip"),
        (rabbit("ssl = true", "ssl_version = TLSv9"), "ssl_version TLSv9"),
        (rabbit("ssl = true", "ssl_ca_file = /no/ca.pem"), "ssl_ca_file /no/ca.pem"),
        (rabbit("ssl = true", f"ssl_ca_file = {__file__}"), "contains no certificates"),
        (rabbit("ssl = true", f"ssl_cert_file = {__file__}"), "cannot be used"),
        (rabbit("ssl = true", f"ssl_key_file = {__file__}"), "needs ssl_cert_file"),
        (rabbit(url=f"{RABBIT}?rabbit_stream_fanout=1"), "rabbit_qos_prefetch_count"),
        (rabbit(url=f"{RABBIT}?heartbeat_rate=fast"), "heartbeat_rate: .*fast"),
        (rabbit(url=f"{RABBIT}?no_such_option=1"), "no option no_such_option"),
        (rabbit(url="carrier-pigeon://u:secret@h/"), "carrier-pigeon"),
        (rabbit(url="rabbit://u:secret/x@h:1/"), "port of a host is not a number"),
        (rabbit(url="kafka://u:secret@h:9092/"), "Kafka carries notifications only"),
        ("[DEFAULT]\nexecutor_thread_pool_size = 0\n", "executor_thread_pool_size"),
        ("[DEFAULT]\nrpc_response_timeout = soon\n", "rpc_response_timeout: .*soon"),
        (
            "[oslo_messaging_notifications]\ntransport_url = carrier-pigeon://u:secret@h/\n",
            r"\[oslo_messaging_notifications\] transport_url: .*carrier-pigeon",
        ),
        (
            "[DEFAULT]\ntransport_url = fake:\n"
            f"[oslo_messaging_notifications]\ntransport_url = {RABBIT}\n"
            "[oslo_messaging_rabbit]\nheartbeat_rate = 0\n",
            "heartbeat_rate",
        ),
    ],
)
def test_options_that_would_fail_later_are_refused_with_a_sentence(
    tmp_path, text: str, told: str
) -> None:
    conf = configuration(tmp_path, text)

    with pytest.raises(ValueError, match=told) as refused:
        settings.check(conf)

    said = str(refused.value)
    assert said.startswith("[")
    assert "\n" not in said
    assert "secret" not in said


def test_a_folder_for_locks_must_be_one_that_can_be_written_to(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Permissions say nothing to root, who may run the tests.
    monkeypatch.setattr(os, "access", lambda path, _mode: str(path) != str(tmp_path))
    more = f"[oslo_concurrency]\nlock_path = {tmp_path}"

    with pytest.raises(ValueError, match="cannot be written to"):
        settings.check(configuration(tmp_path, rabbit("use_queue_manager = true", more=more)))
