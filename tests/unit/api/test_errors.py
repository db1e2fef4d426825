# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from oslo_db import exception as db_exception

from watcher.api import errors


@pytest.mark.parametrize("error", [db_exception.DBConnectionError(), db_exception.DBDeadlock()])
def test_a_database_that_cannot_answer_now_is_a_503(error: Exception) -> None:
    status, fault = errors.fault(error)
    assert status == 503
    assert fault["faultcode"] == "Server"
    assert fault["faultstring"].startswith("The database")
