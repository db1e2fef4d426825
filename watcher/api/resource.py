# SPDX-License-Identifier: Apache-2.0
"""The declaration of a REST resource, and all that follows from it.

A resource is a table of fields.  From it come the WSME types, the columns that a query asks for,
the rows of an answer, sort keys, filters, patch rules and the OpenAPI document.  Handlers are made
in ``watcher.api.controller``; no resource is named here, and no request is known.
"""

from __future__ import annotations

import enum
import functools
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import wsme
import wsme.types

from watcher.api.kinds import Kind, Text, Timestamp, Uuid, UuidType
from watcher.api.microversion import MINIMUM, Version


class Use(enum.Enum):
    """May a field be given?"""

    NO = enum.auto()
    MAY = enum.auto()
    MUST = enum.auto()


class Late(enum.Enum):
    """What an older request that gives the field gets."""

    REJECT = enum.auto()
    ACCEPT = enum.auto()


class Show(enum.Enum):
    """Where a field is shown."""

    SHORT = enum.auto()  # in every representation
    FULL = enum.auto()  # not in short lists
    NEVER = enum.auto()  # only taken, or only sorted by


NO, MAY, MUST = Use
REJECT, ACCEPT = Late
SHORT, FULL, NEVER = Show


@dataclass(frozen=True, slots=True)
class Masked:
    """Show a fixed value to requests below ``since`` and in short rows, whatever is stored."""

    value: Any
    since: Version


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute of a resource.

    :param source: dotted path of the stored value; None: computed by the hooks' ``extras``.
    :param since: the first version that shows and takes the field.
    :param late: what an older request that gives it on create or in a patch gets.
    :param create: use in a POST; :param patch: use in a PATCH.
    :param nullable: whether a PATCH may set it to null or remove it, and whether a computed
        field may be null.
    :param taken: JSON schema of what a POST takes, where that is not what the kind says.
    :param patched: JSON schema of what a PATCH sets, where that is not what the kind says.
    :param operations: what a PATCH may do.
    """

    kind: Kind
    doc: str
    source: str | None = ""
    since: Version = MINIMUM
    late: Late = ACCEPT
    create: Use = NO
    patch: bool = False
    nullable: bool = True
    show: Show = SHORT
    sort: bool = True
    masked: Masked | None = None
    example: Any = None
    taken: Mapping[str, Any] | None = None
    patched: Mapping[str, Any] | None = None
    operations: Collection[str] = ("add", "replace", "remove")

    def shown(self, version: Version, *, full: bool) -> bool:
        """Tell whether a representation has this field."""
        if self.show is NEVER or (self.show is FULL and not full):
            return False
        return version >= self.since or self.masked is not None

    def given_too_early(self, version: Version) -> bool:
        """Tell whether a request of this version must not give the field."""
        return self.late is REJECT and version < self.since


@dataclass(frozen=True, slots=True)
class Filter:
    """A query argument that narrows a list.

    ``path`` is a column, or with ``reference`` a related table whose uuid or name is given.
    """

    path: str
    doc: str
    reference: bool = False


class Link(wsme.types.Base):
    """Where a resource is found."""

    href = str
    rel = str


TIMESTAMPS: Mapping[str, Field] = {
    "created_at": Field(Timestamp, "When it was created, in UTC.", show=FULL),
    "updated_at": Field(Timestamp, "When it last changed, in UTC; null: never.", show=FULL),
    "deleted_at": Field(Timestamp, "When it was deleted, in UTC; null: it was not.", show=FULL),
}

#: Stored with every row, sortable, never shown unless the resource says so.
_ROW_KEYS = ("id", "created_at", "updated_at", "deleted_at")


@dataclass(frozen=True, eq=False)
class Resource:
    """A kind of thing that is served below ``/v1/<plural>``.

    :param name: prefix of the policy rules.
    :param model: the table.
    :param key: the column that links and markers carry.
    :param named: whether an item may be addressed by its name.
    :param sort_only: sort keys that are not shown: key -> dotted path.
    :param needs: dotted paths that the hooks' ``extras`` want.
    :param variants: JSON schemas of which fields of a POST go together; one must fit.
    :param patch_must: the attribute that each PATCH has to touch.
    :param examples: bodies of requests: verb -> body.
    """

    name: str
    plural: str
    model: Any
    doc: str
    fields: Mapping[str, Field]
    filters: Mapping[str, Filter] = field(default_factory=dict)
    key: str = "uuid"
    named: bool = False
    marker: Any = field(default_factory=UuidType)
    sort_only: Mapping[str, str] = field(default_factory=dict)
    needs: Sequence[str] = ()
    since: Version = MINIMUM
    variants: Sequence[Mapping[str, Any]] = ()
    patch_must: str | None = None
    examples: Mapping[str, Any] = field(default_factory=dict)

    @functools.cached_property
    def first_paths(self) -> tuple[str, ...]:
        """The columns that every row begins with, in this order."""
        return tuple(dict.fromkeys(["id", self.key, *self.needs]))

    @functools.cached_property
    def sort_paths(self) -> Mapping[str, str]:
        """Sort key -> dotted path."""
        shown = {
            name: _source(name, each)
            for name, each in self.fields.items()
            if each.sort and each.source is not None and each.show is not NEVER
        }
        return {**{key: key for key in _ROW_KEYS}, **shown, **self.sort_only}

    @functools.cached_property
    def creatable(self) -> Mapping[str, Field]:
        """The fields that a POST takes."""
        return {name: each for name, each in self.fields.items() if each.create is not NO}

    @functools.cached_property
    def patchable(self) -> Mapping[str, Field]:
        """The fields that a PATCH takes."""
        return {name: each for name, each in self.fields.items() if each.patch}

    @functools.cached_property
    def patched_columns(self) -> Sequence[str]:
        """The columns that a PATCH may set directly; its other fields are looked up."""
        return tuple(name for name in self.patchable if name in self.model.__table__.columns)

    @functools.cached_property
    def view(self) -> type:
        """The WSME type of one item."""
        types: dict[str, Any] = {
            name: each.kind.view or each.kind.wsme
            for name, each in self.fields.items()
            if each.show is not NEVER
        }
        return wsme_type(f"{self.name}_view", {**types, "links": [Link]})

    @functools.cached_property
    def collection(self) -> type:
        """The WSME type of a list."""
        return wsme_type(f"{self.name}_collection", {self.plural: [self.view], "next": str})

    @functools.cached_property
    def post_type(self) -> type:
        """The WSME type of the body of a POST."""
        return wsme_type(
            f"{self.name}_post",
            {
                name: wsme.wsattr(each.kind.wsme, mandatory=each.create is MUST)
                for name, each in self.creatable.items()
            },
        )

    @functools.cache  # noqa: B019 - resources live as long as the process
    def shape(self, version: Version, *, full: bool) -> Shape:
        """Return how rows are asked for and shown at a version."""
        return Shape.of(self, version, full=full)


#: WSME's registry holds its types weakly; whoever makes one must keep it.
_TYPES: list[type] = []


def wsme_type(name: str, attributes: Mapping[str, Any]) -> type:
    """Make a WSME complex type; the order of the attributes is the order in documents.

    Without ``_wsme_attr_order`` WSME reads the order from the source of the class, which a
    generated class does not have.
    """
    made = type(name, (wsme.types.Base,), {**attributes, "_wsme_attr_order": tuple(attributes)})
    wsme.types.inspect_class(made)
    _TYPES.append(made)
    return made


def _source(name: str, each: Field) -> str:
    return each.source or name


Extras = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Shape:
    """Which columns a representation needs, and how a row of them becomes a JSON object."""

    resource: Resource
    paths: tuple[str, ...]
    columns: tuple[tuple[str, int, Callable[[Any], Any] | None], ...]
    computed: tuple[str, ...]
    fixed: Mapping[str, Any]
    key: int

    @classmethod
    def of(cls, resource: Resource, version: Version, *, full: bool) -> Shape:
        """Compile the table of fields for one version and one level of detail."""
        paths = list(resource.first_paths)
        columns: list[tuple[str, int, Callable[[Any], Any] | None]] = []
        computed: list[str] = []
        fixed: dict[str, Any] = {}
        for name, each in resource.fields.items():
            if not each.shown(version, full=full):
                continue
            if each.masked and (version < each.masked.since or not full):
                fixed[name] = each.masked.value
            elif each.source is None:
                computed.append(name)
            else:
                source = _source(name, each)
                if source not in paths:
                    paths.append(source)
                columns.append((name, paths.index(source), each.kind.show))
        return cls(
            resource,
            tuple(paths),
            tuple(columns),
            tuple(computed),
            fixed,
            paths.index(resource.key),
        )

    def row_of(self, record: Any) -> tuple[Any, ...]:
        """Read the same columns from an object and its relations."""
        return tuple(_follow(record, path) for path in self.paths)

    def documents(
        self, rows: Sequence[Sequence[Any]], extras: Extras, base_url: str
    ) -> Iterator[dict[str, Any]]:
        """Turn rows into what JSON shows, one at a time.

        Values are prepared column by column, which is cheaper than one by one. Cost: a small dict
        a row, no object.
        """
        if not rows:
            return iter(())
        stored = list(zip(*rows, strict=True))
        shown: dict[str, Iterable[Any]] = {
            name: itertools.repeat(value, len(rows)) for name, value in self.fixed.items()
        }
        for name, index, show in self.columns:
            shown[name] = stored[index] if show is None else [show(v) for v in stored[index]]
        shown.update({name: extras[name] for name in self.computed})
        shown["links"] = self._links(stored[self.key], base_url)
        names = tuple(shown)
        each_row = zip(*shown.values(), strict=True)
        return (dict(zip(names, values, strict=False)) for values in each_row)

    def _links(self, keys: Sequence[Any], base_url: str) -> Iterator[list[dict[str, str]]]:
        href = f"{base_url}/v1/{self.resource.plural}/"
        bookmark = f"{base_url}/{self.resource.plural}/"
        return (
            [
                {"href": f"{href}{key}", "rel": "self"},
                {"href": f"{bookmark}{key}", "rel": "bookmark"},
            ]
            for key in keys
        )


def _follow(record: Any, path: str) -> Any:
    for name in path.split("."):
        if record is None:
            return None
        record = getattr(record, name)
    return record


#: Used by several resources: the uuid and the name of a related row.
def related(table: str, noun: str, **options: Any) -> dict[str, Field]:
    """Declare ``<table>_uuid`` and ``<table>_name``."""
    return {
        f"{table}_uuid": Field(Uuid, f"The uuid of {noun}.", f"{table}.uuid", **options),
        f"{table}_name": Field(Text, f"The name of {noun}.", f"{table}.name", **options),
    }
