from concurrent.futures import Executor
from typing import Any

from taskflow.patterns.graph_flow import Flow

class Engine:
    def run(self) -> None: ...

def load(flow: Flow, *, engine: str = ..., executor: Executor = ..., **kwargs: Any) -> Engine: ...
