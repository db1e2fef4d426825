# SPDX-License-Identifier: Apache-2.0
from datetime import datetime
from typing import TypeVar

_T = TypeVar("_T")

class CroniterError(ValueError): ...
class CroniterBadDateError(CroniterError): ...

class croniter:
    def __init__(
        self,
        expr_format: str,
        start_time: datetime | None = ...,
        *,
        hash_id: bytes | None = ...,
        max_years_between_matches: int | None = ...,
    ) -> None: ...
    def get_next(self, ret_type: type[_T]) -> _T: ...
    def get_prev(self, ret_type: type[_T]) -> _T: ...
    @classmethod
    def is_valid(cls, expression: str, hash_id: bytes | None = ...) -> bool: ...
