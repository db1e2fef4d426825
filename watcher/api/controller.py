# SPDX-License-Identifier: Apache-2.0
"""From the declaration of a resource to the endpoint that pecan routes to.

The order of the published checks is kept here, once: version, arguments and body types, then for
items existence before policy, for lists policy before values.  A hooks class has only what differs.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import pecan
from sqlalchemy.orm import Session

from watcher import objects
from watcher.api import errors, listing, lookup, patch
from watcher.api.expose import Answer, Arguments, Call, Endpoint, expose, read_json, read_object
from watcher.api.microversion import MINIMUM, Version
from watcher.api.resource import Extras, Resource
from watcher.common import exception, policy
from watcher.db import queries, repository
from watcher.db import session as db
from watcher.lifecycle.ownership import Outdated

#: Makes the JSON schema of an answer that is no resource, for a version.
AnswerSchema = Callable[[Version], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """One call of the API, for the OpenAPI document and for the test of the policies.

    :param status: of the answer when all went well.
    :param answer: describes an answer that is not what the verb usually gives.
    """

    method: str
    path: str
    rule: str
    summary: str
    resource: Resource | None = None
    verb: str = ""
    since: Version = MINIMUM
    arguments: Arguments | None = None
    status: int = 200
    answer: AnswerSchema | None = None


#: Every route below ``/v1``, in order of declaration.
ROUTES: list[Route] = []


class Hooks:
    """What a resource may do differently; the defaults only read."""

    #: Whether the policy is checked before existence (published for scoring engines only).
    policy_first = False
    #: Since when a PATCH is served.
    patch_since = MINIMUM
    #: Relations that ``update`` and ``remove`` need on the record.
    relations: Sequence[str] = ()
    #: The name of the wire record that the verbs of the lifecycle take.
    record = ""

    def extras(self, _session: Session, _rows: Sequence[Any]) -> Extras:
        """Compute the fields that have no source, for all rows of a page at once."""
        return {}


@dataclass(frozen=True, slots=True)
class ExtraCall:
    """A call beyond the usual ones: ``<method> /v1/<plural>/<ident>/<name>``.

    Its policy rule is ``<resource>:<name>``; ``run`` gets the served resource and the call, and
    enforces the rule at the published place.
    """

    method: str
    name: str
    summary: str
    run: Callable[[Served, Call], Answer]
    answer: AnswerSchema | None = None


#: How often a call is judged while others keep changing what it is about.
_JUDGEMENTS = 5

_T = TypeVar("_T")
_P = ParamSpec("_P")


def _judged_again(handler: Callable[_P, Answer]) -> Callable[_P, Answer]:
    """Run a handler again when somebody else was faster, on the item as it is then.

    So of two calls at once the loser gets the answer that it would have got a moment later: the
    published one.
    """

    @functools.wraps(handler)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> Answer:
        for _ in range(_JUDGEMENTS - 1):
            with contextlib.suppress(Outdated):
                return handler(*args, **kwargs)
        return handler(*args, **kwargs)

    return run


class Served:
    """A resource with its hooks: the handlers that the controller exposes."""

    def __init__(self, resource: Resource, hooks: Any) -> None:
        self.resource, self.hooks = resource, hooks

    # -- reading --------------------------------------------------------------------------

    def enforce(self, call: Call, verb: str, target: Any = None) -> None:
        """Check the policy rule of this resource and verb."""
        policy.enforce(call.context, f"{self.resource.name}:{verb}", target)

    def get_all(self, call: Call) -> Answer:
        """Answer the short list."""
        self.enforce(call, "get_all")
        return self._list(call, detail=False)

    def detail(self, call: Call) -> Answer:
        """Answer the full list."""
        if self._is_item(call, "detail"):
            return self.get_one(call)
        if call.path:
            self._refuse_detail_of_item(call.path[0])
        if not call.ends_with("detail"):
            raise errors.NotHere
        self.enforce(call, "detail")
        return self._list(call, detail=True)

    def _is_item(self, call: Call, word: str) -> bool:
        """Tell whether an item is named like a word of the API plus a suffix; it gets the call."""
        if not (call.suffix and self.resource.named) or call.path or call.query:
            return False
        name = f"{word}{call.suffix}"
        with db.read() as session, contextlib.suppress(exception.ResourceNotFound):
            self._fetch(session, call, ("id",), {"name": name})
            call.path = (word,)
            return True
        return False

    def _refuse_detail_of_item(self, text: str) -> None:
        if self.resource.key == "id" and not (text.isascii() and text.isdigit()):
            raise errors.BadRequest(f"Expected a whole number, got {text!r}")
        raise errors.NotHere

    def _list(self, call: Call, *, detail: bool) -> Answer:
        resource = self.resource
        page = listing.read_page(resource, call.query)
        self._check_filters(call)
        shape = resource.shape(call.version, full=detail)
        with db.read() as session:
            rows = queries.fetch_page(
                session,
                resource.model,
                shape.paths,
                where=page.where,
                sort=resource.sort_paths[page.sort_key],
                direction=page.sort_dir,
                limit=page.limit,
                marker=page.marker,
                show_deleted=call.show_deleted,
            )
            extras = self.hooks.extras(session, rows) if shape.computed else {}
        document: dict[str, Any] = {resource.plural: shape.documents(rows, extras, call.base_url)}
        if len(rows) == page.limit:
            last = rows[-1][shape.key]
            document["next"] = listing.next_link(
                resource, page, call.base_url, detail=detail, last=last
            )
        return Answer(document, resource.collection)

    def _check_filters(self, call: Call) -> None:
        check = getattr(self.hooks, "check_filters", None)
        if check:
            check(call.query)

    def get_one(self, call: Call) -> Answer:
        """Answer one item; existence is checked before the policy."""
        shape = self.resource.shape(call.version, full=True)
        if self.hooks.policy_first:
            self.enforce(call, "get")
        with db.read() as session:
            row = self.find(call, lambda ident: self._fetch(session, call, shape.paths, ident))
            if not self.hooks.policy_first:
                self.enforce(call, "get", self._target(row, shape.paths))
            extras = self.hooks.extras(session, [row]) if shape.computed else {}
        return Answer(next(shape.documents([row], extras, call.base_url)), self.resource.view)

    @staticmethod
    def _target(row: Any, paths: Sequence[str]) -> dict[str, Any]:
        return {path: value for path, value in zip(paths, row, strict=True) if "." not in path}

    def _fetch(self, session: Session, call: Call, paths: Sequence[str], ident: Any) -> Any:
        return queries.fetch_one(
            session, self.resource.model, paths, show_deleted=call.show_deleted, **ident
        )

    def find(self, call: Call, fetch: Callable[[dict[str, Any]], _T]) -> _T:
        """Find what the path names; see :func:`watcher.api.lookup.find`."""
        return lookup.find(self.resource, call, fetch)

    # -- writing --------------------------------------------------------------------------

    def load(self, call: Call) -> Any:
        """Return the record that a PATCH, a DELETE or an action is about."""
        if not call.path:
            raise errors.BadRequest("Missing argument: no item is named in the path")
        if len(call.path) > 1:
            pecan.abort(404)
        hooks, model = self.hooks, self.resource.model
        with db.read() as session:
            row = self.find(
                call,
                lambda ident: repository.get(
                    session,
                    model,
                    load=hooks.relations,
                    show_deleted=call.show_deleted,
                    **ident,
                ),
            )
            record = getattr(objects, hooks.record)
            return record.from_row(call.context, row, relations=hooks.relations)

    def answer(self, call: Call, record: Any, status: int = 200) -> Answer:
        """Show a record that was just written."""
        shape = self.resource.shape(call.version, full=True)
        rows = [shape.row_of(record)]
        extras: Extras = {}
        if shape.computed:
            with db.read() as session:
                extras = self.hooks.extras(session, rows)
        document = next(shape.documents(rows, extras, call.base_url))
        location = document["links"][0]["href"] if status == 201 else None
        return Answer(document, self.resource.view, status, location)

    def read_post(self, call: Call) -> Any:
        """Read the body of a POST on the collection."""
        values = read_json(call.request)
        if call.path:
            raise errors.BadRequest(f"Unknown argument: '{call.path[0]}'")
        return read_object(self.resource.post_type, values)

    def post(self, call: Call) -> Answer:
        """Create."""
        values = call.body
        prepare = getattr(self.hooks, "prepare", None)
        if prepare:
            values = prepare(call, values)
        self.enforce(call, "create")
        check = getattr(self.hooks, "check", None)
        if check:
            check(call, values)
        self._check_age(call)
        return self.answer(call, self.hooks.create(call, values), 201)

    def _check_age(self, call: Call) -> None:
        """Refuse fields that are newer than the request; empty values are fine (published)."""
        for name, value in call.body.items():
            declared = self.resource.fields[name]
            if value and declared.given_too_early(call.version):
                raise exception.NotAcceptable(
                    message=f"Attribute {name} needs API version {declared.since} or later"
                )

    def read_patch(self, call: Call) -> Any:
        """Read the body of a PATCH."""
        return patch.read(read_json(call.request))

    @_judged_again
    def patch(self, call: Call) -> Answer:
        """Change."""
        early = getattr(self.hooks, "before_patch", None)
        if early:
            early(call)
        record = self.load(call)
        self.enforce(call, "update", record)
        return self.answer(call, self.hooks.update(call, record, call.body))

    @_judged_again
    def delete(self, call: Call) -> Answer:
        """Delete."""
        record = self.load(call)
        self.enforce(call, "delete", record)
        self.hooks.remove(call, record)
        return Answer(status=204)

    @_judged_again
    def act(self, action: ExtraCall, call: Call) -> Answer:
        """Run a further action on an item."""
        if self._is_item(call, action.name):
            return self.get_one(call)
        if not call.ends_with(action.name):
            raise errors.NotHere
        return action.run(self, call)


def controller(
    resource: Resource,
    hooks: type[Hooks] = Hooks,
    *,
    actions: Iterable[ExtraCall] = (),
) -> Endpoint:
    """Make the endpoint of a resource; which calls it has follows from the hooks."""
    served = Served(resource, hooks())
    arguments = listing.arguments(resource)
    handlers = {"GET": expose(served.get_all, arguments=arguments)}
    _declare(resource, "GET", "", "get_all", "List", arguments)
    _declare(resource, "GET", "/detail", "detail", "List in full", arguments)
    _declare(resource, "GET", "/{ident}", "get", "Show one of the")
    if hasattr(hooks, "create"):
        handlers["POST"] = expose(served.post, body=served.read_post)
        _declare(resource, "POST", "", "create", "Create one of the", status=201)
    if hasattr(hooks, "update"):
        handlers["PATCH"] = expose(served.patch, body=served.read_patch)
        _declare(
            resource, "PATCH", "/{ident}", "update", "Change one of the", since=hooks.patch_since
        )
    if hasattr(hooks, "remove"):
        handlers["DELETE"] = expose(served.delete)
        _declare(resource, "DELETE", "/{ident}", "delete", "Delete one of the", status=204)
    further = {("GET", "detail"): expose(served.detail, arguments=arguments)}
    for action in actions:
        further[action.method, action.name] = expose(functools.partial(served.act, action))
        path = f"/{{ident}}/{action.name}"
        _declare(resource, action.method, path, action.name, action.summary, answer=action.answer)
    return Endpoint(handlers, item=expose(served.get_one), actions=further)


def _declare(
    resource: Resource,
    method: str,
    path: str,
    verb: str,
    summary: str,
    arguments: Arguments | None = None,
    since: Version = MINIMUM,
    **options: Any,
) -> None:
    ROUTES.append(
        Route(
            method,
            f"/v1/{resource.plural}{path}",
            f"{resource.name}:{verb}",
            f"{summary} {resource.plural.replace('_', ' ')}.",
            resource,
            verb,
            max(resource.since, since),
            arguments,
            **options,
        )
    )
