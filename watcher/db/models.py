# SPDX-License-Identifier: Apache-2.0
"""The published tables and this project's own, as SQLAlchemy models.

The published ones equal what the published migration chain leaves behind (a contract test reflects
both), apart from the indexes and the constraint of later revisions. Rows of a model never load
anything behind the caller's back: relations must be asked for in the query.
"""

from __future__ import annotations

import datetime
import uuid as uuid_module
from typing import Any, ClassVar

from sqlalchemy import (
    Boolean,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from watcher.common import exception
from watcher.db.types import (
    Flag,
    JsonText,
    OldIndicatorValue,
    Prose,
    UtcDateTime,
    Uuid,
    machine_utc_now,
)

_UUID = Uuid
_NAME = String(63)
_STATE = String(20)
_TEXT = String(255)
_TITLE = Prose(63)
_SENTENCE = Prose(255)


def _new_uuid() -> str:
    return str(uuid_module.uuid4())


class Base(DeclarativeBase):
    """What every model has: its table, and the names of its errors."""

    noun: ClassVar[str]
    """How messages call a row of this table."""
    not_found: ClassVar[type[exception.WatcherException]]
    not_found_key: ClassVar[str]
    already_exists: ClassVar[type[exception.WatcherException]]
    already_exists_key: ClassVar[str] = "uuid"
    name_key: ClassVar[str] = "name"
    """The column by which people call a row, where there is one."""


class Row(Base):
    """A table whose rows are stamped and soft-deleted: all of them except the scheduler's."""

    __abstract__ = True

    created_at: Mapped[datetime.datetime | None] = mapped_column(
        UtcDateTime, default=machine_utc_now, sort_order=-10
    )
    updated_at: Mapped[datetime.datetime | None] = mapped_column(
        UtcDateTime, onupdate=machine_utc_now, sort_order=-9
    )
    deleted_at: Mapped[datetime.datetime | None] = mapped_column(UtcDateTime, sort_order=-8)
    deleted: Mapped[int | None] = mapped_column(Integer, default=0, sort_order=-7)
    id: Mapped[int] = mapped_column(Integer, primary_key=True, sort_order=-6)


class Goal(Row):
    """What an operator wants from the cloud."""

    __tablename__ = "goals"
    __table_args__ = (
        UniqueConstraint("name", "deleted", name="uniq_goals0name"),
        UniqueConstraint("uuid", name="uniq_goals0uuid"),
    )
    noun, not_found, not_found_key = "goal", exception.GoalNotFound, "goal"
    already_exists = exception.GoalAlreadyExists

    uuid: Mapped[str | None] = mapped_column(_UUID, default=_new_uuid)
    name: Mapped[str] = mapped_column(_NAME)
    display_name: Mapped[str] = mapped_column(_TITLE)
    efficacy_specification: Mapped[list[dict[str, Any]]] = mapped_column(JsonText(list))


class Strategy(Row):
    """A way to reach a goal."""

    __tablename__ = "strategies"
    __table_args__ = (
        UniqueConstraint("name", "deleted", name="uniq_strategies0name"),
        UniqueConstraint("uuid", name="uniq_strategies0uuid"),
    )
    noun, not_found, not_found_key = "strategy", exception.StrategyNotFound, "strategy"
    already_exists = exception.StrategyAlreadyExists

    uuid: Mapped[str | None] = mapped_column(_UUID, default=_new_uuid)
    name: Mapped[str] = mapped_column(_NAME)
    display_name: Mapped[str] = mapped_column(_TITLE)
    goal_id: Mapped[int] = mapped_column(ForeignKey("goals.id"))
    parameters_spec: Mapped[dict[str, Any] | None] = mapped_column(JsonText(dict))

    goal: Mapped[Goal | None] = relationship(lazy="raise")


class AuditTemplate(Row):
    """A named preset for audits."""

    __tablename__ = "audit_templates"
    __table_args__ = (
        UniqueConstraint("name", "deleted", name="uniq_audit_templates0name"),
        UniqueConstraint("uuid", name="uniq_audit_templates0uuid"),
    )
    noun, not_found = "audit template", exception.AuditTemplateNotFound
    not_found_key = already_exists_key = "audit_template"
    already_exists = exception.AuditTemplateAlreadyExists

    uuid: Mapped[str | None] = mapped_column(_UUID, default=_new_uuid)
    name: Mapped[str | None] = mapped_column(_NAME)
    description: Mapped[str | None] = mapped_column(_TEXT)
    goal_id: Mapped[int] = mapped_column(ForeignKey("goals.id"))
    strategy_id: Mapped[int | None] = mapped_column(ForeignKey("strategies.id"))
    scope: Mapped[list[Any] | None] = mapped_column(JsonText(list))
    default_parameters: Mapped[dict[str, Any] | None] = mapped_column(JsonText(dict))

    goal: Mapped[Goal | None] = relationship(lazy="raise")
    strategy: Mapped[Strategy | None] = relationship(lazy="raise")


class Audit(Row):
    """A request to optimise the cloud: once, on an event, or again and again."""

    __tablename__ = "audits"
    __table_args__ = (
        UniqueConstraint("name", "deleted", name="uniq_audits0name"),
        UniqueConstraint("uuid", name="uniq_audits0uuid"),
        Index("ix_audits_name", "name"),
        Index("ix_audits_state", "state"),
    )
    noun, not_found = "audit", exception.AuditNotFound
    not_found_key = already_exists_key = "audit"
    already_exists = exception.AuditAlreadyExists

    uuid: Mapped[str | None] = mapped_column(_UUID, default=_new_uuid)
    audit_type: Mapped[str | None] = mapped_column(_STATE)
    state: Mapped[str | None] = mapped_column(_STATE, default="PENDING")
    parameters: Mapped[dict[str, Any] | None] = mapped_column(JsonText(dict))
    interval: Mapped[str | None] = mapped_column(String(36))
    goal_id: Mapped[int] = mapped_column(ForeignKey("goals.id"))
    strategy_id: Mapped[int | None] = mapped_column(ForeignKey("strategies.id"))
    scope: Mapped[list[Any] | None] = mapped_column(JsonText(list))
    auto_trigger: Mapped[bool] = mapped_column(Boolean, default=False)
    next_run_time: Mapped[datetime.datetime | None] = mapped_column(UtcDateTime)
    name: Mapped[str | None] = mapped_column(_NAME)
    hostname: Mapped[str | None] = mapped_column(_TEXT)
    start_time: Mapped[datetime.datetime | None] = mapped_column(UtcDateTime)
    end_time: Mapped[datetime.datetime | None] = mapped_column(UtcDateTime)
    force: Mapped[bool | None] = mapped_column(Flag, default=False)
    status_message: Mapped[str | None] = mapped_column(_SENTENCE)

    goal: Mapped[Goal | None] = relationship(lazy="raise")
    strategy: Mapped[Strategy | None] = relationship(lazy="raise")
    run: Mapped[Run | None] = relationship(
        lazy="raise", viewonly=True, primaryjoin="foreign(Run.object_uuid) == Audit.uuid"
    )


class ActionPlan(Row):
    """What an audit recommends: a graph of actions."""

    __tablename__ = "action_plans"
    __table_args__ = (
        UniqueConstraint("uuid", name="uniq_action_plans0uuid"),
        Index("ix_action_plans_state", "state"),
    )
    noun, not_found, not_found_key = "action plan", exception.ActionPlanNotFound, "action_plan"
    already_exists = exception.ActionPlanAlreadyExists

    uuid: Mapped[str | None] = mapped_column(_UUID, default=_new_uuid)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audits.id"))
    strategy_id: Mapped[int] = mapped_column(ForeignKey("strategies.id"))
    state: Mapped[str | None] = mapped_column(_STATE)
    global_efficacy: Mapped[list[Any] | None] = mapped_column(JsonText(list))
    hostname: Mapped[str | None] = mapped_column(_TEXT)
    status_message: Mapped[str | None] = mapped_column(_SENTENCE)

    audit: Mapped[Audit | None] = relationship(lazy="raise")
    strategy: Mapped[Strategy | None] = relationship(lazy="raise")


class Action(Row):
    """One step of an action plan."""

    __tablename__ = "actions"
    __table_args__ = (UniqueConstraint("uuid", name="uniq_actions0uuid"),)
    noun, not_found, not_found_key = "action", exception.ActionNotFound, "action"
    already_exists = exception.ActionAlreadyExists

    uuid: Mapped[str] = mapped_column(_UUID, default=_new_uuid)
    action_plan_id: Mapped[int] = mapped_column(ForeignKey("action_plans.id"))
    action_type: Mapped[str] = mapped_column(_TEXT)
    input_parameters: Mapped[dict[str, Any] | None] = mapped_column(
        JsonText(dict, null_reads_empty=False)
    )
    state: Mapped[str | None] = mapped_column(_STATE, default="PENDING")
    parents: Mapped[list[str] | None] = mapped_column(JsonText(list, null_reads_empty=False))
    status_message: Mapped[str | None] = mapped_column(_SENTENCE)

    action_plan: Mapped[ActionPlan | None] = relationship(lazy="raise")


class EfficacyIndicator(Row):
    """One number that says how good an action plan is."""

    __tablename__ = "efficacy_indicators"
    __table_args__ = (UniqueConstraint("uuid", name="uniq_efficacy_indicators0uuid"),)
    noun, not_found = "efficacy indicator", exception.EfficacyIndicatorNotFound
    not_found_key = "efficacy_indicator"
    already_exists = exception.EfficacyIndicatorAlreadyExists

    uuid: Mapped[str | None] = mapped_column(_UUID, default=_new_uuid)
    name: Mapped[str | None] = mapped_column(_TITLE)
    description: Mapped[str | None] = mapped_column(_SENTENCE)
    unit: Mapped[str | None] = mapped_column(_TITLE)
    value: Mapped[float | None] = mapped_column(OldIndicatorValue)
    action_plan_id: Mapped[int] = mapped_column(ForeignKey("action_plans.id"))
    data: Mapped[float | None] = mapped_column(Float)

    action_plan: Mapped[ActionPlan | None] = relationship(lazy="raise")


class ScoringEngine(Row):
    """A scorer that strategies may use."""

    __tablename__ = "scoring_engines"
    __table_args__ = (
        UniqueConstraint("name", "deleted", name="uniq_scoring_engines0name"),
        UniqueConstraint("uuid", name="uniq_scoring_engines0uuid"),
    )
    noun, not_found = "scoring engine", exception.ScoringEngineNotFound
    not_found_key = "scoring_engine"
    already_exists = exception.ScoringEngineAlreadyExists

    uuid: Mapped[str] = mapped_column(_UUID, default=_new_uuid)
    name: Mapped[str] = mapped_column(_NAME)
    description: Mapped[str | None] = mapped_column(_SENTENCE)
    metainfo: Mapped[str | None] = mapped_column(Text)


class Service(Row):
    """One daemon on one host, and when it was last seen."""

    __tablename__ = "services"
    __table_args__ = (
        UniqueConstraint("host", "name", "deleted", name="uniq_services0host0name0deleted"),
    )
    noun, not_found, not_found_key = "service", exception.ServiceNotFound, "service"
    already_exists = exception.ServiceAlreadyExists

    name: Mapped[str] = mapped_column(_TEXT)
    host: Mapped[str] = mapped_column(_TEXT)
    last_seen_up: Mapped[datetime.datetime | None] = mapped_column(UtcDateTime)


class ActionDescription(Row):
    """What an action type does, in one sentence."""

    __tablename__ = "action_descriptions"
    __table_args__ = (UniqueConstraint("action_type", name="uniq_action_description0action_type"),)
    noun, not_found = "action description", exception.ActionDescriptionNotFound
    not_found_key = "action_id"
    already_exists = exception.ActionDescriptionAlreadyExists
    already_exists_key = name_key = "action_type"

    action_type: Mapped[str] = mapped_column(_TEXT)
    description: Mapped[str] = mapped_column(_SENTENCE)


class ApschedulerJob(Base):
    """A job of the published scheduler. Neither read nor written here: they hold pickles."""

    __tablename__ = "apscheduler_jobs"
    __table_args__ = (Index("ix_apscheduler_jobs_next_run_time", "next_run_time"),)
    noun = "job"

    id: Mapped[str] = mapped_column(String(191), primary_key=True)
    next_run_time: Mapped[float | None] = mapped_column(Float(25))
    job_state: Mapped[bytes] = mapped_column(LargeBinary)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    tag: Mapped[dict[str, Any] | None] = mapped_column(JsonText(dict))


class Run(Base):
    """What the daemons note about work in progress: an extension, not published.

    A row exists from the claim to the end of the work. Work without one is not this release's: it
    belongs to a daemon of another release, or to a user who set the state by hand.
    """

    __tablename__ = "runs"
    __table_args__ = (UniqueConstraint("object_uuid", name="uniq_runs0object_uuid"),)
    noun = "run"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    object_uuid: Mapped[str] = mapped_column(_UUID)
    """The audit that runs. No foreign key: the published tool does not know this table."""
    host: Mapped[str] = mapped_column(_TEXT)
    attempt: Mapped[int] = mapped_column(Integer)
    """How often the work was begun; it distinguishes two owners with the same host name."""
    interruptions: Mapped[int] = mapped_column(Integer)
    """How often the owner stopped in the middle of it."""
    plan_uuid: Mapped[str | None] = mapped_column(_UUID)
    """The action plan that this run of an audit has made."""


EXTENSIONS: frozenset[str] = frozenset({Run.__tablename__})
"""The names of tables that are not published."""


def _index_foreign_keys() -> None:
    """Give every foreign key the index that MySQL makes by itself.

    Without it the other databases read the whole referring table for each row that is removed.
    """
    for table in Base.metadata.tables.values():
        for column in [key.parent for key in table.foreign_keys]:
            index = Index(f"ix_{table.name}_{column.name}", column)
            index.ddl_if(callable_=_wants_key_indexes)


def _wants_key_indexes(*_subject: object, dialect: Dialect, **_how: object) -> bool:
    return dialect.name not in ("mysql", "mariadb")


_index_foreign_keys()
