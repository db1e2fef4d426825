from collections.abc import Callable

from sqlalchemy import Engine

class _Mode:
    def get_engine(self) -> Engine: ...

class _TransactionContextManager:
    writer: _Mode
    reader: _Mode
    def configure(self, **kw: object) -> None: ...
    def append_on_engine_create(self, fn: Callable[[Engine], None]) -> None: ...

def transaction_context() -> _TransactionContextManager: ...
