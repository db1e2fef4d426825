# SPDX-License-Identifier: Apache-2.0
"""The database's clock, the one clock that all daemons share."""

from __future__ import annotations

import datetime
from typing import Any

from sqlalchemy import DateTime
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement


class database_now(FunctionElement[datetime.datetime]):
    """The SQL expression of the current moment as naive UTC, with fractions of a second."""

    type = DateTime()
    inherit_cache = True


@compiles(database_now)
def _compile_standard(element: Any, compiler: Any, **kw: Any) -> str:  # noqa: ARG001
    return "timezone('utc', clock_timestamp())"


@compiles(database_now, "mysql")
@compiles(database_now, "mariadb")
def _compile_mysql(element: Any, compiler: Any, **kw: Any) -> str:  # noqa: ARG001
    return "UTC_TIMESTAMP(6)"


@compiles(database_now, "sqlite")
def _compile_sqlite(element: Any, compiler: Any, **kw: Any) -> str:  # noqa: ARG001
    return "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


def utc_now(session: Session) -> datetime.datetime:
    """Return the database's time as naive UTC."""
    return session.scalars(database_now().select()).one()
