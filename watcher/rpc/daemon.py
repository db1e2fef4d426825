# SPDX-License-Identifier: Apache-2.0
"""Runs a service as a daemon: a master process and workers that it starts again if they die.

This is the process model of oslo.service's threading backend (cotyledon), used directly because
that backend answers SIGHUP by restarting the worker; here options change and work continues.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from typing import Protocol

import cotyledon.types
from cotyledon import oslo_config_glue
from oslo_config import cfg
from oslo_log import log

from watcher.common import report

LOG = log.getLogger(__name__)

_START_RETRY_S = 5.0


class NotReady(Exception):
    """Something that a service needs is away; the text says what, and what can be done."""


class Startable(Protocol):
    """What can be run as a daemon."""

    name: str

    def start(self) -> None:
        """Begin; may raise when something it needs is away, and is then called again."""

    def stop(self) -> None:
        """End, within seconds."""

    def wait(self) -> None:
        """Block until stopped."""


class _Worker(cotyledon.Service):
    """The process that does the work."""

    name = "watcher"

    def __init__(
        self,
        worker_id: cotyledon.types.WorkerId,
        factory: Callable[[], Startable],
        conf: cfg.ConfigOpts,
    ) -> None:
        super().__init__(worker_id)
        self._factory = factory
        self._conf = conf
        self._stopping = threading.Event()
        self._service: Startable | None = None
        report.setup(conf, conf.prog)

    def run(self) -> None:
        """Start, again and again while what is needed (the database) is away, and wait."""
        while not self._stopping.is_set():
            reason = ""
            try:
                self._service = self._factory()
                self._service.start()
            except NotReady as error:
                reason = str(error)
            except Exception:
                LOG.exception("The start failed and will be retried in %d s", _START_RETRY_S)
            else:
                self._service.wait()
                return
            if reason:  # said here: within the except block oslo.log would repeat the error
                LOG.error("Trying to start again in %d s: %s", _START_RETRY_S, reason)
            self._service = None
            self._stopping.wait(_START_RETRY_S)

    def terminate(self) -> None:
        """SIGTERM: shut down cleanly."""
        self._stopping.set()
        if self._service is not None:
            self._service.stop()

    def reload(self) -> None:
        """SIGHUP: take over the options that may change while running."""
        LOG.info("Reloading the configuration")
        _reread(self._conf)


def _reread(conf: cfg.ConfigOpts) -> None:
    """Take over what may change; a typo must end neither the master nor its worker.

    The library ends the process for a wrong value of an option of the command line (``debug``).
    In the master that would be the end of all control: it waits for its worker without listening
    to signals any more.
    """
    try:
        conf.mutate_config_files()
    except SystemExit:
        LOG.error("The configuration cannot be reloaded; the old one stays")  # noqa: TRY400
    except (cfg.Error, ValueError, OSError):
        LOG.exception("The configuration cannot be reloaded; the old one stays")


def launch(
    service_factory: Callable[[], Startable], conf: cfg.ConfigOpts, *, workers: int = 1
) -> None:
    """Run a service until SIGTERM; SIGHUP reloads mutable options, SIGUSR2 writes a report.

    A service in the foreground of a terminal also ends when the terminal is closed.

    :param service_factory: called in the worker process, so that nothing is shared by a fork
    :param workers: number of worker processes
    """
    report.setup(conf, conf.prog, watch_file=False)
    is_watched = _is_in_foreground() and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN
    manager = cotyledon.ServiceManager()
    _follow(manager, conf, is_watched=is_watched)
    manager.add(_Worker, workers=workers, args=(service_factory, conf))
    manager.run()


def _open_terminal() -> int | None:
    """Open the terminal that controls this process; None if there is none, or no longer one."""
    try:
        return os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None


def _is_in_foreground() -> bool:
    terminal = _open_terminal()
    if terminal is None:
        return False
    with os.fdopen(terminal):
        return os.tcgetpgrp(terminal) == os.getpgrp()


def _has_terminal() -> bool:
    terminal = _open_terminal()
    if terminal is not None:
        os.close(terminal)
    return terminal is not None


def _follow(manager: cotyledon.ServiceManager, conf: cfg.ConfigOpts, *, is_watched: bool) -> None:
    """Let the master take its options from the configuration, now and at each SIGHUP.

    cotyledon's own hook would let an error of the new configuration end the master.

    :param is_watched: end on a SIGHUP that is sent because the terminal was closed.
    """
    oslo_config_glue.register_opts(conf)

    def load() -> None:
        manager._graceful_shutdown_timeout = conf.graceful_shutdown_timeout
        if conf.log_options:
            conf.log_opt_values(LOG, logging.DEBUG)

    def reload() -> None:
        if is_watched and not _has_terminal():
            LOG.info("The terminal was closed")
            os.kill(os.getpid(), signal.SIGTERM)
            return
        _reread(conf)
        load()

    load()
    manager.register_hooks(on_reload=reload)
