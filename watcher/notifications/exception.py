# SPDX-License-Identifier: Apache-2.0
"""The fault in notifications about errors."""

from __future__ import annotations

import traceback
from typing import Self

from watcher.notifications import base
from watcher.objects import fields


@base.register
class ExceptionPayload(base.Payload):
    """An error, and the innermost place where it was raised."""

    fields = {
        "module_name": fields.StringField(),
        "function_name": fields.StringField(),
        "exception": fields.StringField(),
        "exception_message": fields.StringField(),
    }

    @classmethod
    def from_exception(cls, error: BaseException) -> Self:
        """Return the payload of an error; one that was never raised has no function."""
        module_name, function_name = type(error).__module__, ""
        for frame, _line in traceback.walk_tb(error.__traceback__):
            module_name = frame.f_globals.get("__name__", "")
            function_name = frame.f_code.co_name
        return cls(
            module_name=module_name,
            function_name=function_name,
            exception=type(error).__name__,
            exception_message=str(error),
        )


ExceptionNotification = base.notification("ExceptionNotification", ExceptionPayload)
