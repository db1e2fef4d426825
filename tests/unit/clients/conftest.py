# SPDX-License-Identifier: Apache-2.0
"""A client of Nova whose service the tests speak for."""

from __future__ import annotations

import pytest
from oslo_config import cfg

from tests.fixtures.cloud_http import FakeService
from watcher.clients import nova
from watcher.conf import nova as nova_options
from watcher.conf import nova_client as nova_client_options


@pytest.fixture
def conf() -> cfg.ConfigOpts:
    made = cfg.ConfigOpts()
    nova_options.register_opts(made)
    nova_client_options.register_opts(made)
    made([])
    return made


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(conf: cfg.ConfigOpts, service: FakeService, slept: list[float]) -> nova.NovaClient:
    return nova.NovaClient(conf, lambda: service, sleep=slept.append)
