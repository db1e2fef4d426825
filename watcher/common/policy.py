# SPDX-License-Identifier: Apache-2.0
"""May this caller do this? The rules of ``watcher.common.policies`` and of the policy file."""

from __future__ import annotations

import threading
import time
from typing import Any

from oslo_config import cfg
from oslo_policy import policy

from watcher.common import exception, policies
from watcher.common.context import RequestContext

#: Seconds after which a changed policy file takes effect, at the latest.
LOOK_EVERY_S = 1.0

_enforcer: policy.Enforcer | None = None
_lock = threading.Lock()


class _Enforcer(policy.Enforcer):
    """Looks for changed policy files once a second, not at each check."""

    _look_at_s = 0.0

    def load_rules(self, force_reload: bool = False) -> None:
        """Read the rules if files may have changed since the last look.

        :param force_reload: read them in any case
        """
        now = time.monotonic()
        if force_reload or not self.rules or now >= self._look_at_s:
            super().load_rules(force_reload)
            self._look_at_s = now + LOOK_EVERY_S


def init(
    policy_file: str | None = None,
    rules: dict[str, Any] | None = None,
    default_rule: str | None = None,
    use_conf: bool = True,
    overwrite: bool = True,
) -> policy.Enforcer:
    """Return the enforcer of this process, made when first asked for.

    The file is read again when it changes, without a restart, within a second.

    :param policy_file: instead of ``[oslo_policy] policy_file``; like the other parameters,
        it matters only to the call that makes the enforcer
    """
    global _enforcer
    with _lock:
        if _enforcer is None:
            made = _Enforcer(
                cfg.CONF,
                policy_file=policy_file,
                rules=rules,
                default_rule=default_rule,
                use_conf=use_conf,
                overwrite=overwrite,
            )
            made.register_defaults(policies.list_rules())
            _enforcer = made
        return _enforcer


def reset() -> None:
    """Forget the enforcer; the next check makes a new one."""
    global _enforcer
    with _lock:
        if _enforcer is not None:
            _enforcer.clear()
        _enforcer = None


def get_enforcer() -> policy.Enforcer:
    """Return the enforcer, for ``oslopolicy-*`` commands, which do not know our files."""
    if _enforcer is None and not _has_files():
        cfg.CONF([], project="watcher")
    return init()


def enforce(
    context: RequestContext,
    rule: str | None = None,
    target: Any = None,
    do_raise: bool = True,
    exc: type[Exception] | None = None,
    *args: Any,
    **kwargs: Any,
) -> bool:
    """Check one rule for a caller.

    :param target: fields of what is acted upon; the caller's own project and user by default
    :param do_raise: raise instead of returning false
    :raises PolicyNotAuthorized: (403) or ``exc(*args, **kwargs)``, when the rule forbids it
    """
    if target is None:
        target = {"project_id": context.project_id, "user_id": context.user_id}
    if exc is None:
        exc, kwargs = exception.PolicyNotAuthorized, {"action": rule}
    return bool(
        init().authorize(str(rule), target, _credentials(context), do_raise, exc, *args, **kwargs)
    )


def _has_files() -> bool:
    try:
        return bool(cfg.CONF.config_file or cfg.CONF.config_dir)
    except cfg.NoSuchOptError:  # nothing was read yet
        return False


def _credentials(context: RequestContext) -> dict[str, Any]:
    """Return the caller under the published keys and under those of oslo.context."""
    return {**context.to_policy_values(), **context.to_dict()}
