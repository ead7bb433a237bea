"""`aws iam get-account-authorization-details`: one account, or several, in one page or more.

It is read item by item, so that an export of any size takes no more memory than what is kept of it.
AWS: "GetAccountAuthorizationDetails" (IAM API Reference), "get-account-authorization-details" (AWS
CLI Command Reference).
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, TypeVar

from policy_eval.errors import SourceError
from policy_eval.policy.arn import parse_arn
from policy_eval.request.principal import is_account
from policy_eval.sources.account_items import group, managed, role, user
from policy_eval.sources.cli_command import MORE
from policy_eval.sources.json_stream import JsonStream
from policy_eval.sources.model import (
    OTHER_VERSIONS,
    Document,
    Entity,
    Found,
    LeftOut,
    Page,
    Where,
    nothing,
    without_places,
)
from policy_eval.sources.reading import OnError, Value, leaving_out, refuse, refuse_twice

_POLICIES = "Policies"
_IDENTITIES = {"UserDetailList": user, "GroupDetailList": group, "RoleDetailList": role}
LISTS = (*_IDENTITIES, _POLICIES)
"""The lists of an export."""


def is_export(stream: JsonStream) -> bool:
    """Return whether a text is an export, or a list of its pages, as far as its beginning tells."""
    try:
        if stream.peek() == "[":
            next(stream.items(stream.where), None)
        return stream.peek() == "{" and _is_page(stream)
    except SourceError:  # whoever reads it as something else says what is wrong
        return False


def _is_page(stream: JsonStream) -> bool:
    for name in stream.members(stream.where):
        if name in _IDENTITIES:
            return True
        if name == "format_version":  # of Terraform: not all of a plan need be read
            return False
        if name == _POLICIES and stream.peek() == "[":
            for place in stream.items(stream.where):
                policy = stream.value(place)
                if isinstance(policy, dict) and "PolicyVersionList" in policy:
                    return True
        else:
            stream.pass_over(stream.where)
    return False


def read_export(stream: JsonStream, on_error: OnError | None = None) -> Found:
    """Return what an export holds.

    With `on_error`, what cannot be read is handed to it and left out, and the rest is taken: of a
    file that is damaged or cut off, all that stands before. Raises SourceError naming the place
    inside the file. Pages that are missing are a matter of all sources (`missing_pages`).
    """
    reading = _Reading(stream, on_error)
    try:
        reading.read()
    except SourceError as error:
        if on_error is None:
            raise
        on_error(_taken_before(error, reading.found))
    return reading.found


def _taken_before(error: SourceError, found: Found) -> SourceError:
    """Return what is wrong with a text, and how much of it was taken all the same."""
    (first,) = error.diagnostics
    taken = f"{len(found.entities)} users, groups and roles and {len(found.managed)} policies"
    message = f"{first.message}; the {taken} before it were taken, and what follows is missing"
    return SourceError(first._replace(message=message))


def missing_pages(found: Found) -> Iterator[SourceError]:
    """Yield an error for each account of whose export no source holds the last page.

    A page tells its account by the ARNs in it. One with nothing but AWS managed policies tells
    none: it may be of any export, and as a last page of one alone.
    """
    last = [page for page in found.pages if page.more is None]
    told = frozenset().union(*(page.accounts for page in last))
    of_any = sum(not page.accounts for page in last)
    lacking: list[Page] = []
    for page in found.pages:
        if page.more is None or (last and not page.accounts) or page.accounts & told:
            continue
        if not any(_fit(page, each) for each in lacking):
            lacking.append(page)
    for page in lacking if len(lacking) > of_any else ():
        assert page.more is not None
        name = page.more.path.rpartition(".")[2]
        yield refuse(
            "missing-page", f"`{name}` says that there are further pages", page.more,
            "give all of them, each as a source or as one list: the AWS CLI joins them unless "
            "--no-paginate or --max-items is given",
        )  # fmt: skip


def _fit(page: Page, other: Page) -> bool:
    """Return whether two pages may be of one export."""
    return not (page.accounts or other.accounts) or not page.accounts.isdisjoint(other.accounts)


class _Reading:
    """An export as far as it was read: `found` is what of it was taken."""

    def __init__(self, stream: JsonStream, on_error: OnError | None) -> None:
        self._stream = stream
        self._on_error = on_error
        self._alike: dict[object, Any] = {}  # what was read → the first of the kind
        self._accounts: set[str] = set()  # of the page
        self._more: Where | None = None  # likewise
        self._versions = 0  # of policies on the page, but for the default ones
        self.found = nothing(stream.where.file)

    def read(self) -> None:
        """Read to the end. Raises SourceError; with `on_error`, where nothing more can be read."""
        if self._stream.peek() == "[":
            for place in self._stream.items(self._stream.where):
                self._page(place)
        else:
            self._page(self._stream.where)
        self._stream.end()

    def _page(self, where: Where) -> None:
        self._accounts, self._more, self._versions = set(), None, 0
        try:
            if self._stream.peek() in ("{", ""):
                self._members(where)
            else:
                value = Value(self._stream.value(where), where)
                with leaving_out(self._on_error):
                    value.get(_POLICIES)  # which says that it is no object
        finally:  # of a page that is cut off, too
            self._end_page(where)

    def _end_page(self, where: Where) -> None:
        page = Page(frozenset(self._accounts), self._more)
        left_out = self.found.left_out
        if self._versions:
            left_out = (*left_out, _not_taken(self._versions, where.at(_POLICIES)))
        self.found = self.found._replace(pages=(*self.found.pages, page), left_out=left_out)

    def _members(self, where: Where) -> None:
        """Take the members of a page, the items of its lists one by one."""
        seen: set[str] = set()
        for name in self._stream.members(where):
            place = where.at(name)
            if name in seen:
                self._stream.pass_over(place)
                with leaving_out(self._on_error):
                    raise refuse_twice(name, place)
            elif name in LISTS and self._stream.peek() == "[":
                for each in self._stream.items(place):
                    self._item(name, each)
            elif name in LISTS:
                value = Value({name: self._stream.value(place)}, where)
                with leaving_out(self._on_error):
                    value.listed(name)  # which says that it is no list
            elif name in MORE:
                more = self._stream.value(place)
                self._more = self._more or (place if more else None)
            else:
                self._stream.pass_over(place)
            seen.add(name)
        if seen.isdisjoint(LISTS):
            with leaving_out(self._on_error):
                raise refuse(
                    "unknown-source", "this is no page of an export", where,
                    f"expected {', '.join(LISTS)}",
                )  # fmt: skip

    def _item(self, name: str, place: Where) -> None:
        value = Value(self._stream.value(place), place)
        with leaving_out(self._on_error):
            if self._stream.twice:
                raise refuse_twice(self._stream.twice, place)
            if name == _POLICIES:
                arn, document, further = managed(value)
                self._add(self.found.managed, arn, self._kept_once(document))
                self._versions += further
            else:
                entity = self._sharing(_IDENTITIES[name](value))
                self._add(self.found.entities, entity.arn, entity)

    def _add(self, known: dict[str, _Taken], arn: str, taken: _Taken) -> None:
        parsed = parse_arn(arn)
        if parsed is not None and is_account(parsed.account):
            self._accounts.add(parsed.account)
        first = known.setdefault(arn, taken)
        if first is not taken and without_places(first) != without_places(taken):
            raise refuse(
                "listed-twice", f"{arn} is listed a second time, with other contents",
                taken.where, f"the first is {first.where}",
            )  # fmt: skip

    def _sharing(self, entity: Entity) -> Entity:
        """Return an identity; what it has as others have it is the same object."""
        return entity._replace(
            tags=self._alike.setdefault(entity.tags, entity.tags),
            managed=self._alike.setdefault(entity.managed, entity.managed),
            groups=self._alike.setdefault(entity.groups, entity.groups),
            inline=tuple(map(self._kept_once, entity.inline)),
            trust=entity.trust and self._kept_once(entity.trust),
        )

    def _kept_once(self, document: Document) -> Document:
        """Return a document; of contents that are the same the first is kept, and no other."""
        try:
            content: Any = document.content  # a JSON value
            said = sha256(marshal.dumps(content, 2)).digest()
        except ValueError:  # nested too deeply, or with a number as it was written
            return document
        return document._replace(content=self._alike.setdefault(said, content))


_Taken = TypeVar("_Taken", Entity, Document)


def _not_taken(versions: int, where: Where) -> LeftOut:
    """Return that versions of policies decide nothing."""
    what = f"{versions} other version{'s' * (versions != 1)} of policies"
    return LeftOut(what, OTHER_VERSIONS, where)
