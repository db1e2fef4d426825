# SPDX-License-Identifier: Apache-2.0
from datetime import datetime
from typing import TypeVar

_T = TypeVar("_T")

class croniter:
    def __init__(self, expr_format: str, start_time: datetime | None = ...) -> None: ...
    def get_next(self, ret_type: type[_T]) -> _T: ...
    @classmethod
    def is_valid(cls, expression: str) -> bool: ...
