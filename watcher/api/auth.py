# SPDX-License-Identifier: Apache-2.0
"""Who gets in without a token, and keystonemiddleware for everybody else."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import Any

import webob.exc
from keystonemiddleware import auth_token
from oslo_config import cfg

from watcher.api.errors import Application

LOG = logging.getLogger(__name__)

#: The documents that say what there is: ``/`` and ``/v1``; a client may look before it logs in.
_ROOTS = re.compile(r"/*|/v1(\.json|\.xml)?/*")
_WEBHOOKS = re.compile(r"(/v1)?/webhooks/.*")

#: Headers that say who somebody is; without a validated token they mean nothing.  The list is that
#: of oslo.context, which reads it, and of keystonemiddleware, which sets it.
_IDENTITY = re.compile(
    r"HTTP_(OPENSTACK_SYSTEM_SCOPE|X_("
    r"AUTH_TOKEN|STORAGE_TOKEN|SERVICE_TOKEN|SERVICE_CATALOG|IS_ADMIN_PROJECT"
    r"|(SERVICE_)?(IDENTITY_STATUS|ROLES?)"
    r"|(SERVICE_)?(USER|PROJECT|TENANT|DOMAIN)(_(DOMAIN_)?(ID|NAME))?))"
)

_NO_KEYSTONE = "The identity service cannot check the token at the moment. Please try again."


class Authentication:
    """Ask Keystone about the token, except for the root documents and, if so configured, webhooks.

    The public paths are decided when the application is made, after the configuration was read.
    """

    def __init__(self, application: Application, conf: cfg.ConfigOpts) -> None:
        self.application = application
        self.protected = auth_token.AuthProtocol(
            application, {"oslo_config_config": conf, "oslo_config_project": "watcher"}
        )
        self.webhooks_are_public = not conf.api.enable_webhooks_auth

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not self.is_public(environ.get("PATH_INFO", "")):
            return self._ask_keystone(environ, start_response)
        for name in [name for name in environ if _IDENTITY.fullmatch(name)]:
            del environ[name]
        return self.application(environ, start_response)

    def _ask_keystone(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Let keystonemiddleware decide.

        It answers 503 when Keystone refuses connections, but lets other errors of an ill Keystone
        through: timeouts, a failed login of the service itself, a catalogue without Keystone.

        :raises HTTPServiceUnavailable: for those.
        """
        try:
            answer: Iterable[bytes] = self.protected(environ, start_response)
        except auth_token.ksa_exceptions.ClientException as error:
            LOG.warning("Keystone cannot check a token: %s", error)
            raise webob.exc.HTTPServiceUnavailable(_NO_KEYSTONE) from error
        return answer

    def is_public(self, path: str) -> bool:
        """Tell whether a path needs no token."""
        if _ROOTS.fullmatch(path):
            return True
        return self.webhooks_are_public and _WEBHOOKS.fullmatch(path) is not None
