# The calls of WSME that watcher.api makes.
from typing import Any

from wsme import types as types

class wsattr:
    def __init__(self, datatype: Any, mandatory: bool = ..., name: str | None = ...) -> None: ...
