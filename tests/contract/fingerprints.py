# SPDX-License-Identifier: Apache-2.0
"""The fingerprint of a versioned object, as ``oslo_versionedobjects.fixture`` computes it.

That module imports a test library of its own for one class that is not needed here; its hash is
these few lines. That they are right is shown by the published hashes they must give.
"""

from __future__ import annotations

import collections
import hashlib
import inspect
from typing import Any

# The name is part of the text that is hashed.
ArgSpec = collections.namedtuple("ArgSpec", ["args", "varargs", "keywords", "defaults"])


def of(cls: Any) -> str:
    """Return version and hash of a registered object class."""
    hashed: tuple[Any, ...] = (sorted(cls.fields.items()), _methods(cls))
    if hasattr(cls, "child_versions"):
        hashed += (collections.OrderedDict(sorted(cls.child_versions.items())),)
    digest = hashlib.md5(repr(hashed).encode(), usedforsecurity=False).hexdigest()
    return f"{cls.VERSION}-{digest}"


def _methods(cls: Any) -> list[tuple[str, Any]]:
    found = []
    for name in dir(cls):
        member = getattr(cls, name)
        if not getattr(member, "remotable", False):
            continue
        while hasattr(member, "remotable"):
            member = member.original_fn
        spec = inspect.getfullargspec(member)
        if not (spec.kwonlyargs or spec.kwonlydefaults or spec.annotations):
            spec = ArgSpec(spec.args, spec.varargs, spec.varkw, spec.defaults)
        found.append((name, spec))
    return sorted(found)
