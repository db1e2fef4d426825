# SPDX-License-Identifier: Apache-2.0
"""One process with everything in it: what is started, in which order, and how it ends."""

from __future__ import annotations

import contextlib
import pathlib
import threading
from collections.abc import Callable, Iterator, Sequence

from watcher import conf
from watcher.api.app import setup_app
from watcher.api.http.server import ApiServer
from watcher.api.http.tls import Tls
from watcher.applier import service as applier
from watcher.common import config
from watcher.db import migration
from watcher.decision_engine import service as decision_engine
from watcher.rpc import doorbell, notify, settings, transport
from watcher.rpc.service import Service
from watcher.simulator.cloud import Cloud
from watcher.simulator.server import SimulatorServer
from watcher.standalone import configuration
from watcher.standalone.configuration import Place


@contextlib.contextmanager
def simulated(cloud: Cloud | None, place: Place) -> Iterator[SimulatorServer | None]:
    """Serve a simulated cloud while the context lasts; nothing without one."""
    if cloud is None:
        yield None
        return
    server = SimulatorServer(cloud, infra_optim_url=place.api_url)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def services(
    place: Place,
    auth_url: str | None,
    config_files: Sequence[pathlib.Path] = (),
    *,
    between: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Run API, decision engine and applier while the context lasts.

    :param place: state directory and address of the API
    :param auth_url: Keystone of a simulated cloud; ``None`` when ``config_files`` name a real one
    :param config_files: files whose options win over those of the process's own file
    :param between: called between the steps of the start; what it raises ends the start cleanly
    :raises OSError: the address of the API is taken.
    """
    files = [configuration.write(place, auth_url), *config_files]
    config.prepare(
        [f"--config-file={path}" for path in files], prog="watcher-standalone", log_to_stderr=True
    )
    try:
        settings.check(conf.CONF)
    except ValueError as error:
        raise SystemExit(f"watcher-standalone: {error}") from error
    transport.init(conf.CONF)
    between()
    migration.upgrade()
    between()
    api = ApiServer(setup_app(), place.host, place.port, tls=Tls.configured(conf.CONF))
    with contextlib.ExitStack() as running:
        for end in (transport.cleanup, notify.stop, doorbell.stop):
            running.callback(end)
        started: list[Service] = []
        running.callback(_stop_together, started)
        for build in (decision_engine.build, applier.build):
            started.append(build(conf.CONF))
            started[-1].start()
            between()
        running.callback(api.stop)
        api.start()
        yield


def _stop_together(services: Sequence[Service]) -> None:
    """Stop all at the same time: each gives its work some seconds when the cloud hangs."""
    threads = [threading.Thread(target=each.stop, name=f"stop-{each.name}") for each in services]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
