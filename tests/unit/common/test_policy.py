# SPDX-License-Identifier: Apache-2.0
"""Enforcement of the policy."""

from __future__ import annotations

import os

import pytest

from watcher.common import config, context, exception, policy


@pytest.fixture(autouse=True)
def fresh_enforcer():
    policy.reset()
    config.parse_args([], default_config_files=[], default_config_dirs=[])
    yield
    policy.reset()


def caller(*roles: str) -> context.RequestContext:
    return context.make_context(user_id="u1", project_id="p1", roles=list(roles))


@pytest.mark.parametrize("role", ["admin", "administrator"])
def test_an_administrator_may_list_services(role: str) -> None:
    assert policy.enforce(caller(role), "service:get_all") is True


def test_others_may_not_list_services() -> None:
    with pytest.raises(exception.PolicyNotAuthorized) as refused:
        policy.enforce(caller("member"), "service:get_all")

    assert str(refused.value) == "Policy doesn't allow service:get_all to be performed."
    assert refused.value.code == 403


def test_a_refusal_can_be_an_answer_instead() -> None:
    assert policy.enforce(caller("member"), "audit:create", do_raise=False) is False


def test_a_service_may_trigger_webhooks_and_nothing_else() -> None:
    assert policy.enforce(caller("service"), "webhook:trigger")
    assert not policy.enforce(caller("service"), "audit:get", do_raise=False)


def test_a_policy_file_changes_a_rule(override, tmp_path) -> None:
    written = tmp_path / "policy.yaml"
    written.write_text('"goal:get_all": "user_id:%(user_id)s"\n')
    policy.init()  # registers the option
    override("policy_file", str(written), group="oslo_policy")
    policy.reset()

    assert policy.enforce(caller("member"), "goal:get_all")
    assert not policy.enforce(caller("member"), "goal:get", do_raise=False)


def test_the_enforcer_is_made_once() -> None:
    assert policy.get_enforcer() is policy.init()


def test_a_changed_policy_file_counts_after_a_look(override, tmp_path, monkeypatch) -> None:
    written = tmp_path / "policy.yaml"
    written.write_text('"goal:get_all": "role:member"\n')
    policy.init()
    override("policy_file", str(written), group="oslo_policy")
    policy.reset()
    assert policy.enforce(caller("member"), "goal:get_all")
    written.write_text('"goal:get_all": "role:nobody"\n')
    os.utime(written, (2**31, 2**31))
    assert policy.enforce(caller("member"), "goal:get_all")
    monkeypatch.setattr(policy.init(), "_look_at_s", 0.0)  # a second later
    assert not policy.enforce(caller("member"), "goal:get_all", do_raise=False)
