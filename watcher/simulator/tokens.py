# SPDX-License-Identifier: Apache-2.0
"""Users of the simulated cloud and their tokens."""

from __future__ import annotations

import dataclasses
import datetime
import secrets
import threading
import uuid
from collections.abc import Callable, Mapping
from types import MappingProxyType

from watcher.simulator.errors import NotFound, Unauthorized
from watcher.simulator.records import ADMIN_PROJECT_ID, ADMIN_USER_ID, Project

DOMAIN: Mapping[str, str] = MappingProxyType({"id": "default", "name": "Default"})
SERVICE_PROJECT = Project("0a0b0c0d0e0f40008000000000000002", "service")
ADMIN_ROLES = ("admin", "manager", "member", "reader")
USER_ROLES = ("member", "reader")
DENIED = "The request you have made requires authentication."


@dataclasses.dataclass(frozen=True, slots=True)
class User:
    """A person or a service."""

    id: str
    name: str
    roles: tuple[str, ...]

    @property
    def is_admin(self) -> bool:
        """Tell whether the user may do everything."""
        return "admin" in self.roles


USERS: tuple[User, ...] = (
    User(ADMIN_USER_ID, "admin", ADMIN_ROLES),
    User("0a0b0c0d0e0f400080000000000000a2", "watcher", (*ADMIN_ROLES, "service")),
    User("0a0b0c0d0e0f400080000000000000a3", "nova", (*ADMIN_ROLES, "service")),
    User("0a0b0c0d0e0f400080000000000000a4", "placement", (*ADMIN_ROLES, "service")),
    User("0a0b0c0d0e0f400080000000000000a5", "demo", USER_ROLES),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Token:
    """What a token represents; without a project it has no roles."""

    id: str
    user: User
    project: Project | None
    methods: tuple[str, ...]
    audit_id: str
    issued: datetime.datetime
    expires: datetime.datetime

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the names of the roles in the project."""
        return self.user.roles if self.project else ()

    @property
    def is_admin(self) -> bool:
        """Tell whether the token allows everything."""
        return "admin" in self.roles


class TokenStore:
    """Issues tokens and recognises them; thread-safe.

    :param password: of every user
    :param lifetime_s: seconds until a token expires
    """

    def __init__(
        self,
        projects: tuple[Project, ...],
        now: Callable[[], datetime.datetime],
        *,
        password: str,
        lifetime_s: float = 3600.0,
    ) -> None:
        self.projects = (*projects, SERVICE_PROJECT)
        self._now = now
        self._password = password
        self._lifetime = datetime.timedelta(seconds=lifetime_s)
        self._lock = threading.Lock()
        self._tokens: dict[str, Token] = {}

    def log_in(self, name_or_id: str, password: str) -> User:
        """Return the user with this name or id, and this password."""
        for user in USERS:
            if name_or_id in (user.name, user.id) and secrets.compare_digest(
                password.encode(), self._password.encode()
            ):
                return user
        raise Unauthorized(DENIED)

    def find_project(self, name_or_id: str) -> Project:
        """Return the project with this name or id."""
        for project in self.projects:
            if name_or_id in (project.name, project.id):
                return project
        raise Unauthorized(DENIED)

    def issue(self, user: User, project: Project | None, methods: tuple[str, ...]) -> Token:
        """Issue a new token."""
        reserved = (ADMIN_PROJECT_ID, SERVICE_PROJECT.id)
        if project is not None and project.id in reserved and not user.is_admin:
            raise Unauthorized(DENIED)
        now = self._now()
        token = Token(
            id=f"sim{secrets.token_hex(32)}",
            user=user,
            project=project,
            methods=methods,
            audit_id=uuid.uuid4().hex[:22],
            issued=now,
            expires=now + self._lifetime,
        )
        with self._lock:
            self._tokens = {
                ident: old
                for ident, old in self._tokens.items()
                if old.expires + self._lifetime > now
            }
            self._tokens[token.id] = token
        return token

    def check(self, ident: str | None) -> Token:
        """Return the valid token that a request carries.

        :raises Unauthorized: without one, or when it is unknown or has expired
        """
        with self._lock:
            token = self._tokens.get(ident or "")
        if token is None or token.expires <= self._now():
            raise Unauthorized(DENIED)
        return token

    def look_up(self, ident: str, *, allow_expired: bool = False) -> Token:
        """Return a token that another service asks about.

        :raises NotFound: when it is unknown or has expired
        """
        with self._lock:
            token = self._tokens.get(ident)
        if token is None or (token.expires <= self._now() and not allow_expired):
            raise NotFound("Failed to validate token")
        return token

    def revoke(self, ident: str) -> None:
        """Revoke a token."""
        with self._lock:
            if self._tokens.pop(ident, None) is None:
                raise NotFound("Failed to validate token")

    def expire_all(self) -> int:
        """Let every token expire now; returns how many there were."""
        now = self._now()
        with self._lock:
            self._tokens = {
                ident: dataclasses.replace(token, expires=min(token.expires, now))
                for ident, token in self._tokens.items()
            }
            return len(self._tokens)
