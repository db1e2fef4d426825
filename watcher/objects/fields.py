# SPDX-License-Identifier: Apache-2.0
"""Field types of the wire records, in addition to those of oslo.versionedobjects.

The names of the classes are hashed into the objects' fingerprints: they are part of the contract.
"""

# The field classes are generic only in new releases of oslo.versionedobjects.
# mypy: disable-error-code="type-arg"

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import Any

from oslo_serialization import jsonutils
from oslo_versionedobjects import fields

BooleanField = fields.BooleanField
DateTimeField = fields.DateTimeField
DictOfListOfStringsField = fields.DictOfListOfStringsField
DictOfNullableStringsField = fields.DictOfNullableStringsField
DictOfStringsField = fields.DictOfStringsField
FloatField = fields.FloatField
IntegerField = fields.IntegerField
ListOfObjectsField = fields.ListOfObjectsField
ListOfStringsField = fields.ListOfStringsField
ObjectField = fields.ObjectField
StringField = fields.StringField
UnspecifiedDefault = fields.UnspecifiedDefault


class UUIDField(fields.UUIDField):
    """A uuid as text. Its shape is checked where data comes in, not here."""

    def coerce(self, obj: Any, attr: str, value: Any) -> Any:
        """Return the text; empty text is null."""
        if value is None or value == "":
            return self._null(obj, attr)
        return str(value)


class Numeric(fields.FieldType):
    """A number that stays an integer when it is one."""

    @staticmethod
    def coerce(_obj: Any, _attr: str, value: Any) -> int | float:
        """Return the number; text is read.

        :raises ValueError: when it is not one.
        """
        if isinstance(value, int | float):
            return value
        number = float(value)
        return int(number) if number.is_integer() and "." not in str(value) else number


class NumericField(fields.AutoTypedField):
    """A field with a number."""

    AUTO_TYPE = Numeric()


class DictField(fields.AutoTypedField):
    """A mapping from text to anything but null."""

    AUTO_TYPE: Any = fields.Dict(fields.FieldType())


class ListOfUUIDsField(fields.AutoTypedField):
    """A list of uuids."""

    AUTO_TYPE: Any = fields.List(fields.UUID())


def _read_literal(value: Any) -> Any:
    """Return what text stands for as a Python literal (published behaviour), else the value."""
    return ast.literal_eval(value) if isinstance(value, str) else value


class FlexibleDict(fields.FieldType):
    """Any mapping, or the text of one."""

    @staticmethod
    def coerce(_obj: Any, _attr: str, value: Any) -> dict[Any, Any]:
        """Return a copy of the mapping."""
        return dict(_read_literal(value))


class FlexibleDictField(fields.AutoTypedField):
    """A field with a mapping, where null means an empty one."""

    AUTO_TYPE = FlexibleDict()

    def _null(self, obj: Any, attr: str) -> Any:
        return {} if self.nullable else super()._null(obj, attr)


class FlexibleListOfDict(fields.FieldType):
    """Any list, or the text of one."""

    @staticmethod
    def coerce(_obj: Any, _attr: str, value: Any) -> list[Any]:
        """Return a copy of the list."""
        return list(_read_literal(value))


class FlexibleListOfDictField(fields.AutoTypedField):
    """A field with a list, where null means an empty one."""

    AUTO_TYPE = FlexibleListOfDict()

    def _null(self, obj: Any, attr: str) -> Any:
        return [] if self.nullable else super()._null(obj, attr)


class Json(fields.FieldType):
    """Anything that JSON can hold; JSON text on the wire."""

    def coerce(self, _obj: Any, _attr: str, value: Any) -> Any:
        """Return the value; text is read as JSON."""
        return jsonutils.loads(value) if isinstance(value, str) else value

    def from_primitive(self, obj: Any, attr: str, value: Any) -> Any:
        """Return the value that a JSON text stands for."""
        return self.coerce(obj, attr, value)

    def to_primitive(self, _obj: Any, _attr: str, value: Any) -> Any:
        """Return the JSON text."""
        return jsonutils.dumps(value)


class JsonField(fields.AutoTypedField):
    """A field with anything that JSON can hold."""

    AUTO_TYPE = Json()


class BaseWatcherEnum(fields.Enum):
    """An enumeration whose values are in ``ALL``."""

    ALL: Collection[str] = ()

    def __init__(self, **kwargs: Any) -> None:  # noqa: ARG002 - published signature
        super().__init__(valid_values=self.__class__.ALL)


class NotificationPriority(BaseWatcherEnum):
    """How urgent a notification is."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    ALL = (DEBUG, INFO, WARNING, ERROR, CRITICAL)


class NotificationPriorityField(fields.BaseEnumField):
    """A field with a priority."""

    AUTO_TYPE = NotificationPriority()


class NotificationPhase(BaseWatcherEnum):
    """Where in an operation a notification is sent."""

    START = "start"
    END = "end"
    ERROR = "error"

    ALL = (START, END, ERROR)


class NotificationPhaseField(fields.BaseEnumField):
    """A field with a phase."""

    AUTO_TYPE = NotificationPhase()


class NotificationAction(BaseWatcherEnum):
    """What a notification is about."""

    CREATE = "create"
    UPDATE = "update"
    EXCEPTION = "exception"
    DELETE = "delete"
    STRATEGY = "strategy"
    PLANNER = "planner"
    EXECUTION = "execution"
    CANCEL = "cancel"

    ALL = (CREATE, UPDATE, EXCEPTION, DELETE, STRATEGY, PLANNER, EXECUTION, CANCEL)


class NotificationActionField(fields.BaseEnumField):
    """A field with what a notification is about."""

    AUTO_TYPE = NotificationAction()
