# SPDX-License-Identifier: Apache-2.0
"""Steps of a migration on MySQL and MariaDB, which may be taken again.

These databases keep each change of a table at once and forget none of them, so that an upgrade
that was killed leaves half a revision behind. A step that finds its work done does nothing; the
files of the revisions need not know.
"""

from __future__ import annotations

from typing import Any

import alembic.util
import sqlalchemy as sa
from alembic.ddl.mysql import MySQLImpl


class ResumableMySQL(MySQLImpl):
    """Alembic's own way for MySQL, but for steps that were taken already."""

    __dialect__ = "mysql"

    def create_table(self, table: sa.Table, **kw: Any) -> None:
        """Create a table, unless it is there; its indexes come after it and may be missing.

        :raises CommandError: for a table of that name that lacks columns, so is not Watcher's.
        """
        if not self._inspector.has_table(table.name):
            super().create_table(table, **kw)
            return
        lacking = sorted(set(table.columns.keys()) - self._columns(table.name))
        if lacking:
            raise alembic.util.CommandError(
                f"table {table.name} exists but is not Watcher's: it has no {', '.join(lacking)}"
            )
        for index in table.indexes:
            self.create_index(index)

    def drop_table(self, table: sa.Table, **kw: Any) -> None:
        """Drop a table, if it is there."""
        if self._inspector.has_table(table.name):
            super().drop_table(table, **kw)

    def add_column(self, table_name: str, column: sa.Column[Any], **kw: Any) -> None:
        """Add a column, unless it is there."""
        if column.name not in self._columns(table_name):
            super().add_column(table_name, column, **kw)

    def drop_column(self, table_name: str, column: sa.Column[Any], **kw: Any) -> None:
        """Drop a column, if it is there."""
        if column.name in self._columns(table_name):
            super().drop_column(table_name, column, **kw)

    def create_index(self, index: sa.Index, **kw: Any) -> None:
        """Create an index, unless it is there."""
        if index.name not in self._indexes(index):
            super().create_index(index, **kw)

    def drop_index(self, index: sa.Index, **kw: Any) -> None:
        """Drop an index, if it is there."""
        if index.name in self._indexes(index):
            super().drop_index(index, **kw)

    @property
    def _inspector(self) -> sa.Inspector:
        return sa.inspect(self.bind)  # a new one each time: they remember what they saw

    def _columns(self, table: str) -> set[str]:
        return {column["name"] for column in self._inspector.get_columns(table)}

    def _indexes(self, index: sa.Index) -> set[str | None]:
        table = "" if index.table is None else index.table.name
        return {found["name"] for found in self._inspector.get_indexes(table)}


class ResumableMariaDB(ResumableMySQL):
    """The same for URLs that name MariaDB."""

    __dialect__ = "mariadb"
