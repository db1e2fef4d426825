# SPDX-License-Identifier: Apache-2.0
"""Texts and statuses of exceptions."""

from __future__ import annotations

import pytest

from watcher.common import exception


def test_the_template_is_filled_in() -> None:
    error = exception.AuditNotFound(audit="nope")

    assert str(error) == "Audit nope could not be found"
    assert error.code == 404
    assert error.kwargs == {"audit": "nope", "code": 404}


def test_a_message_takes_the_place_of_the_template() -> None:
    assert str(exception.Conflict("already running")) == "already running"


def test_a_code_takes_the_place_of_the_class_status() -> None:
    error = exception.WatcherException("away", code=503)

    assert error.code == 503
    assert exception.WatcherException.code == 500


def test_a_template_without_its_values_is_shown_as_it_is() -> None:
    assert str(exception.AuditNotFound()) == "Audit %(audit)s could not be found"


def test_a_template_without_its_values_is_an_error_for_developers(override) -> None:
    override("fatal_exception_format_errors", True)

    with pytest.raises(KeyError):
        exception.AuditNotFound()


def test_bad_input_is_a_value_error_too() -> None:
    assert issubclass(exception.InvalidParameter, ValueError)


def test_a_failed_login_is_an_authorization_failure() -> None:
    refused = type("Unauthorized", (Exception,), {"__module__": "keystoneauth1.exceptions.http"})

    @exception.wrap_keystone_exception
    def log_in(client):
        raise refused("no")

    with pytest.raises(exception.AuthorizationFailure, match="str could not log in: no"):
        log_in("nova")


@pytest.mark.parametrize("error", [KeyError("x"), exception.AuditNotFound(audit="x")])
def test_other_errors_pass_the_login_check(error) -> None:
    @exception.wrap_keystone_exception
    def log_in():
        raise error

    with pytest.raises(type(error)):
        log_in()
