# SPDX-License-Identifier: Apache-2.0
"""What a database looks like, in the words of ``db-schema.json``, so that the two compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy

from watcher.db import models

# How PostgreSQL calls what the published facts, seen on SQLite, call otherwise.
_POSTGRESQL_TYPES = {
    "BLOB": "BYTEA",
    "DATETIME": "TIMESTAMP WITHOUT TIME ZONE",
    "FLOAT": "DOUBLE PRECISION",
}


#: The constraint of our own revision.
OWN_CONSTRAINT = "uniq_audits0name"
#: The indexes of our own revision, on every database.
OWN_INDEXES = {"ix_audits_name", "ix_audits_state", "ix_action_plans_state"}
#: Those that it makes where foreign keys have no index of themselves.
KEY_INDEXES = {
    f"ix_{table.name}_{key.parent.name}"
    for table in models.Base.metadata.tables.values()
    for key in table.foreign_keys
}


def found(engine: sqlalchemy.Engine) -> dict[str, Any]:
    """Return the tables of a database, without what our own revisions add."""
    inspector = sqlalchemy.inspect(engine)
    names = sorted(set(inspector.get_table_names()) - models.EXTENSIONS)
    return {name: _table(engine, inspector, name) for name in names}


def own_tables(engine: sqlalchemy.Engine) -> set[str]:
    """Return which tables of our own revisions a database has."""
    return set(sqlalchemy.inspect(engine).get_table_names()) & models.EXTENSIONS


def own_indexes(engine: sqlalchemy.Engine) -> set[str]:
    """Return which indexes of our own revision a database has."""
    inspector = sqlalchemy.inspect(engine)
    names = {
        i["name"] for table in inspector.get_table_names() for i in inspector.get_indexes(table)
    }
    return names & (OWN_INDEXES | KEY_INDEXES)


def has_own_constraint(engine: sqlalchemy.Engine) -> bool:
    """Tell whether names of live audits are unique, as our own revision makes them."""
    found = sqlalchemy.inspect(engine).get_unique_constraints("audits")
    return OWN_CONSTRAINT in {constraint["name"] for constraint in found}


def expected_own_indexes(dialect: str) -> set[str]:
    """Return which indexes our own revision makes on a kind of database."""
    return OWN_INDEXES if dialect == "mysql" else OWN_INDEXES | KEY_INDEXES


def published(tables: Mapping[str, Any], dialect: str) -> dict[str, Any]:
    """Return the published tables as they must be found on a database.

    Foreign keys of MariaDB have the published names and indexes; the other two name them otherwise
    and make no index.
    """
    return {name: _published_table(tables[name], dialect) for name in sorted(tables)}


def _table(engine: sqlalchemy.Engine, inspector: Any, name: str) -> dict[str, Any]:
    on_mysql = engine.dialect.name == "mysql"
    indexes = [index for index in inspector.get_indexes(name) if not index["unique"]]
    indexes = [index for index in indexes if index["name"] not in OWN_INDEXES | KEY_INDEXES]
    return {
        "columns": [
            (column["name"], _type_name(engine, column["type"]), column["nullable"])
            for column in inspector.get_columns(name)
        ],
        "primary_key": inspector.get_pk_constraint(name)["constrained_columns"],
        "unique": sorted(
            (unique["name"], unique["column_names"])
            for unique in inspector.get_unique_constraints(name)
            if unique["name"] != OWN_CONSTRAINT
        ),
        "foreign_keys": sorted(
            (key["name"] if on_mysql else None, key["constrained_columns"], _target(key))
            for key in inspector.get_foreign_keys(name)
        ),
        "indexes": sorted((index["name"], index["column_names"]) for index in indexes),
    }


def _type_name(engine: sqlalchemy.Engine, found_type: Any) -> str:
    if engine.dialect.name == "mysql" and hasattr(found_type, "collation"):
        found_type.charset = found_type.collation = None
    return found_type.compile(dialect=engine.dialect)


def _target(key: Mapping[str, Any]) -> str:
    return f"{key['referred_table']}.{key['referred_columns'][0]}"


def _published_table(facts: Mapping[str, Any], dialect: str) -> dict[str, Any]:
    on_mysql = dialect == "mysql"
    keyed = [key["columns"] for key in facts["foreign_keys"]]
    return {
        "columns": [
            (column["name"], _published_type(column, dialect), column["nullable"])
            for column in facts["columns"]
        ],
        "primary_key": facts["primary_key"],
        "unique": sorted(
            (unique["name"], unique["columns"]) for unique in facts["unique_constraints"]
        ),
        "foreign_keys": sorted(
            (key["name"] if on_mysql else None, key["columns"], key["refers_to"])
            for key in facts["foreign_keys"]
        ),
        "indexes": sorted(
            (index["name"], index["columns"])
            for index in facts["indexes"]
            if on_mysql or index["columns"] not in keyed
        ),
    }


def _published_type(column: Mapping[str, Any], dialect: str) -> str:
    if dialect == "mysql":
        return column["mysql_type"]
    if dialect == "postgresql":
        return _POSTGRESQL_TYPES.get(column["sqlite_type"], column["sqlite_type"])
    return column["sqlite_type"]
