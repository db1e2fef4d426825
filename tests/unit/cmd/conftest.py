# SPDX-License-Identifier: Apache-2.0
"""A database in memory, and a configuration that forgets the commands that read it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from oslo_config import cfg

from tests.fixtures.memory_store import kept_engine, memory_store
from watcher import conf
from watcher.db import session


@pytest.fixture(autouse=True)
def _logging() -> Iterator[None]:
    """Take back what a command does to logging: it would write to the closed streams of a test."""
    loggers = [logging.getLogger(), logging.getLogger("alembic")]
    before = [(logger, logger.handlers[:], logger.level) for logger in loggers]
    yield
    for logger, handlers, level in before:
        logger.handlers[:] = handlers
        logger.setLevel(level)
    if "use_stderr" in conf.CONF:
        conf.CONF.clear_default("use_stderr")


@pytest.fixture
def forgotten_files() -> Iterator[None]:
    """Forget the configuration files that a test has had read."""
    yield
    conf.CONF([], default_config_files=[], default_config_dirs=[])


@pytest.fixture(scope="module", autouse=True)
def _engine() -> Iterator[None]:
    with kept_engine():
        yield


@pytest.fixture
def empty_database() -> Iterator[None]:
    """Use a database without tables, in memory."""
    conf.database.register_opts(conf.CONF)  # reset() elsewhere forgets defaults of library options
    session.configure("sqlite://")
    yield
    session.reset()


@pytest.fixture
def database() -> Iterator[None]:
    """Use an empty database in memory."""
    conf.database.register_opts(conf.CONF)
    with memory_store():
        yield


@pytest.fixture
def no_command() -> Iterator[None]:
    """Let a command with sub-commands declare them, and take them back afterwards."""
    conf.CONF.reset()
    yield
    conf.CONF.reset()
    conf.CONF.unregister_opt(cfg.SubCommandOpt("command"))
