from collections.abc import Callable
from typing import Any

getargspec: Callable[[Any], Any]
