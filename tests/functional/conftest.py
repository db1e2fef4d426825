# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the functional tests: real daemons on a real database and a real message broker.

Without MariaDB, PostgreSQL or RabbitMQ the tests that need them say so and skip; with
``WATCHER_REQUIRE_SERVICES=1`` a missing service is a failure. ``tools/services`` starts them.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Generator, Iterator
from typing import NoReturn
from urllib.parse import urlsplit

import pytest
import sqlalchemy

from tests.functional.deployment import MADE, Deployment

#: How much of each daemon's log is shown of a test that failed.
LINES = 60

URLS = {
    "mysql": os.environ.get(
        "WATCHER_TEST_MYSQL", "mysql+pymysql://watcher:watcher@127.0.0.1:3306/"
    ),
    "postgresql": os.environ.get(
        "WATCHER_TEST_POSTGRESQL", "postgresql+psycopg://watcher:watcher@127.0.0.1:5432/postgres"
    ),
    "rabbit": os.environ.get(
        "WATCHER_TEST_RABBIT", "rabbit://watcher:watcher@127.0.0.1:5672/watcher-tests"
    ),
}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the daemons said last when a test fails: often it is all that is left to read."""
    report = yield
    if report.failed:
        for deployment in sorted(MADE, key=lambda one: str(one.folder)):
            for name, lines in deployment.last_lines(LINES).items():
                report.sections.append((f"log of {name} in {deployment.folder.name}", lines))
    if report.when == "teardown":
        MADE.difference_update([one for one in MADE if not one.runs()])
    return report


def need(service: str) -> str:
    """Return the URL of a service that answers; skip (or fail) the test without it."""
    url = URLS[service]
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname, parts.port), 3).close()
    except OSError as error:
        message = f"{service} does not answer on {parts.hostname}:{parts.port} ({error}); "
        message += "start it with tools/services"
        lack(message)
    return url


def lack(message: str) -> NoReturn:
    """Skip the test that lacks a service, or fail it where services are required."""
    if os.environ.get("WATCHER_REQUIRE_SERVICES"):
        pytest.fail(message)
    pytest.skip(message)


def make_database(service: str) -> Iterator[str]:
    """Yield the URL of an empty database of its own and drop it afterwards."""
    server = sqlalchemy.engine.make_url(need(service))
    name = f"watcher_{uuid.uuid4().hex[:12]}"
    engine = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            force = " WITH (FORCE)" if service == "postgresql" else ""
            connection.exec_driver_sql(f"DROP DATABASE {name}{force}")
        engine.dispose()


@pytest.fixture
def mariadb() -> Iterator[str]:
    """URL of an empty MariaDB database."""
    yield from make_database("mysql")


@pytest.fixture
def postgresql() -> Iterator[str]:
    """URL of an empty PostgreSQL database."""
    yield from make_database("postgresql")


@pytest.fixture
def rabbit() -> str:
    """URL of RabbitMQ."""
    return need("rabbit")


@pytest.fixture
def deployment(mariadb: str, rabbit: str, tmp_path_factory) -> Iterator[Deployment]:
    """A deployment that is not started yet: MariaDB, RabbitMQ and a simulated cloud."""
    found = Deployment(tmp_path_factory.mktemp("watcher"), mariadb, rabbit)
    try:
        yield found
    finally:
        found.stop()
