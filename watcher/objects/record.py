# SPDX-License-Identifier: Apache-2.0
"""Wire records of database rows: the façade over the repository, written once.

:class:`Record` has the methods; :func:`facade` gives an object the published ones: names and
signatures that are hashed into its fingerprint. Each call is one unit of work, or part of the
caller's; rules and notifications live elsewhere.
"""

from __future__ import annotations

import datetime
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self, TypeVar

from oslo_utils import strutils, uuidutils
from oslo_versionedobjects import fields as ovo_fields

from watcher.common import exception
from watcher.db import models, repository, session
from watcher.objects import base

Readers = tuple[tuple[str, str, Callable[[Any], Any]], ...]
T = TypeVar("T", bound="type[Record]")


class Record(base.WatcherPersistentObject, base.WatcherObject, base.WatcherObjectDictCompat):
    """A record that is a row of a table, and what can be done with it.

    Relations (``object_fields``) are loaded on request only, one level deep; touching one that
    was not loaded raises NotImplementedError.
    """

    model: ClassVar[type[models.Row]]
    _readers: ClassVar[Readers] = ()

    @classmethod
    def from_row(cls, context: Any, row: Any, relations: Iterable[str] = ()) -> Self:
        """Return the record of a row, without a query.

        :param relations: those that the row was loaded with and that the record is to have;
            a dotted one is a relation's own relation, as in ``audit.goal``.
        """
        record = cls(context)
        kept = record.__dict__
        for name, key, read in cls._readers:
            kept[key] = read(getattr(row, name))
        for relation, further in _by_first(relations).items():
            related = getattr(row, relation)
            kind = cls.object_fields[relation][0]
            kept[base.get_attrname(relation)] = (
                None if related is None else kind.from_row(context, related, further)
            )
        return record

    @classmethod
    def get(  # type: ignore[override]  # the published one hides that of dictionaries
        cls, context: Any, ident: int | str, eager: bool = False
    ) -> Self:
        """Return the record with an id or uuid.

        :raises InvalidIdentity: when it is neither.
        :raises ResourceNotFound: the NotFound of its class.
        """
        if not strutils.is_int_like(ident) and not uuidutils.is_uuid_like(ident):
            raise exception.InvalidIdentity(identity=ident)
        return cls._find(context, eager, ident=ident)

    @classmethod
    def get_by_id(cls, context: Any, ident: int, eager: bool = False) -> Self:
        """Return the record with an id."""
        return cls._find(context, eager, id=int(ident))

    @classmethod
    def get_by_uuid(cls, context: Any, ident: str, eager: bool = False) -> Self:
        """Return the record with a uuid."""
        return cls._find(context, eager, uuid=str(ident))

    @classmethod
    def get_by_name(cls, context: Any, ident: str, eager: bool = False) -> Self:
        """Return the first record with a name."""
        return cls._find(context, eager, name=str(ident))

    @classmethod
    def list(
        cls,
        context: Any,
        limit: int | None = None,
        marker: Any = None,
        filters: Mapping[str, Any] | None = None,
        sort_key: str | None = None,
        sort_dir: str | None = None,
        eager: bool = False,
    ) -> Sequence[Self]:
        """Return records in order.

        :param marker: the record after which to begin.
        :param filters: see :func:`watcher.db.repository.list_rows`.
        """
        relations = tuple(cls.object_fields) if eager else ()

        @session.retried
        def load() -> Any:
            with session.read() as unit:
                rows = repository.list_rows(
                    unit,
                    cls.model,
                    filters=filters,
                    sort_key=sort_key,
                    sort_dir=sort_dir or "asc",
                    limit=limit,
                    marker=None if marker is None else getattr(marker, "uuid", None) or marker.id,
                    show_deleted=_shows_deleted(context),
                    load=relations,
                )
                return [cls.from_row(context, row, relations) for row in rows]

        found: Sequence[Self] = load()
        return found

    def create(self, _context: Any = None) -> None:
        """Insert the record; afterwards it has its id, defaults, and its relations loaded."""
        values = self._column_changes()

        @session.retried
        def insert() -> Any:
            with session.write() as unit:
                row = repository.create(unit, self.model, values)
                if self.object_fields:
                    relations = tuple(self.object_fields)
                    row = repository.get(unit, self.model, id=row.id, load=relations)
                return self.from_row(self._context, row, self.object_fields)

        self._become(insert())

    def save(self, _context: Any = None) -> None:
        """Write the changed fields and reread the rest of the row.

        Loaded relations stay, except one whose id field was changed: it is loaded again.
        """
        values = self._column_changes()
        stale = [
            relation
            for relation, (_, id_field) in self.object_fields.items()
            if id_field in values and self.obj_attr_is_set(relation)
        ]

        @session.retried
        def write() -> Any:
            with session.write() as unit:
                row = repository.update(unit, self.model, self._identity(), values)
                if stale:
                    row = repository.get(unit, self.model, id=row.id, load=stale)
                return self.from_row(self._context, row, stale)

        self._become(write())

    def refresh(self, _context: Any = None, eager: bool = False) -> None:
        """Reread the row and copy what differs."""
        fresh = type(self)._find(self._context, eager, **self._key())
        self.obj_refresh(fresh)
        self._changed_fields.clear()

    def soft_delete(self, _context: Any = None) -> None:
        """Mark the record as deleted; where it has a state, the state is DELETED too.

        An action plan takes its actions and efficacy indicators with it.
        """
        values = {"state": "DELETED"} if "state" in type(self).fields else None

        @session.retried
        def delete() -> Any:
            with session.write() as unit:
                if self.model is models.ActionPlan:
                    repository.soft_delete_parts(unit, self.id)
                row = repository.soft_delete(unit, self.model, self._identity(), values)
                return self.from_row(self._context, row)

        self._become(delete())

    def destroy(self, _context: Any = None) -> None:
        """Remove the row for good.

        :raises Invalid: when others refer to it.
        """
        identity = self._identity()

        @session.retried
        def remove() -> None:
            with session.write() as unit:
                repository.destroy(unit, self.model, identity)

        remove()
        self._changed_fields.clear()

    @classmethod
    def _find(cls, context: Any, eager: bool, **key: Any) -> Self:
        relations = tuple(cls.object_fields) if eager else ()

        @session.retried
        def load() -> Any:
            with session.read() as unit:
                shown = _shows_deleted(context)
                row = repository.get(unit, cls.model, show_deleted=shown, load=relations, **key)
                return cls.from_row(context, row, relations)

        found: Self = load()
        return found

    def _become(self, other: Any) -> None:
        """Take over everything from another record of the same row; no field is changed then."""
        kept = {key: value for key, value in other.__dict__.items() if key.startswith("_obj_")}
        self.__dict__.update(kept)
        self._changed_fields.clear()

    def _column_changes(self) -> dict[str, Any]:
        return {
            name: getattr(self, name)
            for name in self._changed_fields
            if name not in self.object_fields
        }

    def _key(self) -> dict[str, Any]:
        if "uuid" in type(self).fields:
            return {"uuid": self.uuid}
        return {"id": self.id}

    def _identity(self) -> int | str:
        identity: int | str = next(iter(self._key().values()))
        return identity


def facade(
    model: type[models.Row],
    *,
    lookups: Mapping[str, str],
    verbs: Iterable[str],
    list_begins_with: Sequence[str] = (),
    verbs_take_context: bool = False,
) -> Callable[[T], T]:
    """Give an object class its published methods over a table, and register it.

    :param lookups: name of the ``get`` method -> name of its argument.
    :param verbs: published ones out of create, save, refresh, soft_delete, destroy.
    :param list_begins_with: arguments of ``list`` that come before the usual order.
    :param verbs_take_context: whether verbs have the old optional ``context`` argument.
    """

    def decorate(cls: T) -> T:
        cls.model = model
        eager = {"eager": False} if cls.object_fields else {}
        for name, argument in lookups.items():
            published = _signature("cls", "context", argument, **eager)
            _publish(cls, name, published, {argument: "ident"})
        order = ("limit", "marker", "filters", "sort_key", "sort_dir")
        rest = (name for name in order if name not in list_begins_with)
        defaults = dict.fromkeys((*list_begins_with, *rest))
        _publish(cls, "list", _signature("cls", "context", **defaults, **eager), {})
        for name in verbs:
            extra: dict[str, Any] = {"context": None} if verbs_take_context else {}
            if name == "refresh":
                extra |= eager
            _publish(cls, name, _signature("self", **extra), {"context": "_context"})
        base.WatcherObjectRegistry.register(cls)
        cls._readers = _readers(cls)
        return cls

    return decorate


def _signature(*required: str, **defaults: Any) -> inspect.Signature:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(name, kind) for name in required]
    parameters += [inspect.Parameter(name, kind, default=value) for name, value in defaults.items()]
    return inspect.Signature(parameters)


def _publish(
    cls: type[Record],
    name: str,
    signature: inspect.Signature,
    renamed: Mapping[str, str],
) -> None:
    """Bind a method of the façade to a class under its published signature.

    The marks tell oslo.versionedobjects what to hash; the hints stay on the
    implementation, since annotations would be hashed too.
    """
    found = inspect.getattr_static(Record, _IMPLEMENTED_BY.get(name, name))
    is_class_method = isinstance(found, classmethod)
    implementation: Any = found.__func__ if isinstance(found, classmethod) else found

    def hashed() -> None: ...

    def method(first: Any, /, *args: Any, **kwargs: Any) -> Any:
        arguments = signature.bind(first, *args, **kwargs).arguments
        del arguments["cls" if is_class_method else "self"]
        for public, private in renamed.items():
            if public in arguments:
                arguments[private] = arguments.pop(public)
        return implementation(first, **arguments)

    functions: tuple[Any, ...] = (hashed, method)
    for function in functions:
        function.__name__, function.__doc__ = name, implementation.__doc__
        function.__signature__ = signature
    functions[1].remotable, functions[1].original_fn = True, hashed
    setattr(cls, name, classmethod(method) if is_class_method else method)


_IMPLEMENTED_BY = {"get_by_type": "get_by_name"}


def _readers(cls: type[Record]) -> Readers:
    """Return what turns columns into fields: (column, attribute, function)."""
    return tuple(
        (name, base.get_attrname(name), _reader(field))
        for name, field in cls.fields.items()
        if name not in cls.object_fields
    )


def _reader(field: Any) -> Callable[[Any], Any]:
    """Return the function that brings a column's value into a field's form.

    Values come from our own columns, so nothing is checked; only times are written differently.
    """
    if isinstance(field, ovo_fields.DateTimeField):
        kind: Any = field.AUTO_TYPE
        return _as_utc if kind.tzinfo_aware else _as_it_is
    return _as_it_is


def _as_utc(value: datetime.datetime | None) -> datetime.datetime | None:
    return None if value is None else value.replace(tzinfo=datetime.UTC)


def _as_it_is(value: Any) -> Any:
    return value


def _shows_deleted(context: Any) -> bool:
    return bool(getattr(context, "show_deleted", False))


def _by_first(paths: Iterable[str]) -> dict[str, list[str]]:
    """Group dotted paths by their first part.

    >>> _by_first(["strategy", "audit", "audit.goal"])
    {'strategy': [], 'audit': ['goal']}
    """
    found: dict[str, list[str]] = {}
    for path in paths:
        first, _, rest = path.partition(".")
        found.setdefault(first, []).extend([rest] if rest else [])
    return found
