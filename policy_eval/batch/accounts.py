"""Tables of requests, each row by the policies that an account has for its caller and resource.

Rows that hold the same are decided once. Callers are principals with all that sources say of them
(tags, unique IDs, organization), which a table has no columns for: so the scalar engine decides.
Where nothing looks at the name of a session, one session of a role stands for the others, so that
what is remembered of its requests serves theirs.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
import pyarrow as pa

from policy_eval.cases.accounts import layers_around
from policy_eval.columnar import SCHEMA, Decided, Refused
from policy_eval.columnar.codes import combined
from policy_eval.columnar.columns import Columns
from policy_eval.columnar.results import Answer, Results
from policy_eval.engine.decide import decide_call
from policy_eval.engine.policies import LayersOf, PolicySet
from policy_eval.errors import InputError, RequestError, refuse_request
from policy_eval.request.principal import Principal, PrincipalKind
from policy_eval.semantics.principals import KEY_OF_SESSION, may_tell_sessions_apart
from policy_eval.sources.accounts import Accounts, Through, endpoint_passed

_HAVE_POLICIES = (PrincipalKind.USER, PrincipalKind.ROLE, PrincipalKind.FEDERATED_USER)


class OfAccounts:
    """An engine for tables of requests of the callers of accounts.

    The layers that are `given` replace those of the accounts. `unknown` are keys whose value nobody
    knows in rows that do not give it.
    """

    def __init__(self, accounts: Accounts, given: LayersOf, unknown: tuple[str, ...] = ()) -> None:
        self.accounts = accounts
        self._given = given
        self._unknown = unknown
        self._callers: dict[str | None, Principal | InputError] = {}
        self._sets: dict[object, _Known | InputError] = {}
        self._first: dict[str, Principal] = {}

    def decide(self, table: pa.Table) -> Decided:
        """Return the decisions of a table of requests, as `Columnar.decide` does.

        A row whose caller the accounts do not hold is refused, and so is one whose policies AWS
        would not store. Raises RequestError for what is no table of requests.
        """
        columns = Columns(table)
        if not columns.rows:
            return Decided(SCHEMA.empty_table(), ())
        of_request = (columns.action, columns.resource, columns.principal, columns.account)
        kinds, firsts = combined(each.coded for each in (*of_request, *columns.keys))
        results = Results()
        found = np.zeros(len(firsts), np.intp)
        errors: dict[int, RequestError] = {}
        for kind, row in enumerate(firsts.tolist()):
            try:
                found[kind] = results.number(self._answer(columns, row))
            except InputError as error:
                errors[kind] = RequestError(*error.diagnostics)
        numbers = found[kinds]
        refused = {
            row: errors[int(kinds[row])]
            for row in np.flatnonzero(np.isin(kinds, [*errors])).tolist()
        } | columns.broken
        numbers[[*refused]] = 0
        return Decided(
            results.table(numbers), tuple(Refused(row, refused[row]) for row in sorted(refused))
        )

    def _answer(self, columns: Columns, row: int) -> Answer:
        caller = self._caller(columns.principal.text(row))
        resource = columns.resource.text(row)
        action = columns.action.text(row)
        through = self._through(columns, row)
        owner = columns.account.text(row)
        known = None if action is None else self._policies(caller, action, resource, through, owner)
        says_session = any(each.folded == KEY_OF_SESSION for each in columns.keys)
        if known is not None and not (known.look_at_sessions or says_session):
            caller = self._first.setdefault(caller.arn, caller)
        request = columns.request(
            row,
            caller,
            columns.keys,
            self._unknown,
            self.accounts.unsaid_owner(resource),
            self.accounts.tags(resource),
        )
        assert known is not None  # a request has an action
        return Answer.of(decide_call(known.policies, [request], missing=False))

    def _caller(self, name: str | None) -> Principal:
        if name not in self._callers:
            try:
                self._callers[name] = self._named(name)
            except InputError as error:
                self._callers[name] = error
        return _unless_refused(self._callers[name])

    def _named(self, name: str | None) -> Principal:
        if name is None:
            raise refuse_request(
                "missing-principal", "an account has many callers, and this row names none",
                "name who calls in the column `principal`, or with --as",
            )  # fmt: skip
        principal = self.accounts.principal(name)
        is_described = self._given.identity is not None
        if principal.kind in _HAVE_POLICIES and not is_described:
            self.accounts.caller(principal.arn)
        return principal

    def _through(self, columns: Columns, row: int) -> Through:
        """Return the VPC endpoint that the request of a row passes."""
        said = {
            each.name: each.dictionary.held(code)
            for each in columns.keys
            if (code := int(each.codes[row]))
        }
        return endpoint_passed(said, self._unknown)

    def _policies(
        self,
        caller: Principal,
        action: str,
        resource: str | None,
        through: Through,
        said_owner: str | None,
    ) -> _Known:
        own = self.accounts.resource_policy(action, resource)
        owner = said_owner or self.accounts.owner(resource)
        key = (caller.arn, id(own), owner, through)  # accounts keep `own`
        if key not in self._sets:
            try:
                layers = layers_around(
                    self.accounts, caller, [(action, resource)], self._given, said_owner
                )
                self._sets[key] = _known(self.accounts.passing(layers, through).policies())
            except InputError as error:
                self._sets[key] = error
        return _unless_refused(self._sets[key])


class _Known(NamedTuple):
    """Policies, and whether something in them may look at the name of a session."""

    policies: PolicySet
    look_at_sessions: bool


def _known(policies: PolicySet) -> _Known:
    statements = (each for policy in policies.policies for each in policy.statements)
    return _Known(policies, any(map(may_tell_sessions_apart, statements)))


_Found = TypeVar("_Found")


def _unless_refused(found: _Found | InputError) -> _Found:
    if isinstance(found, InputError):
        raise found
    return found
