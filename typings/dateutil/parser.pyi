# SPDX-License-Identifier: Apache-2.0
import datetime
from collections.abc import Callable

def parse(
    timestr: str,
    *,
    tzinfos: Callable[[str | None, int | None], datetime.tzinfo | None] | None = ...,
) -> datetime.datetime: ...
