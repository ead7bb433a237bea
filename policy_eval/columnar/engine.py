"""Tables of requests: rows that nothing tells apart are decided once, by the scalar engine.

Each column is reduced to classes of values with which every test of the statements in play goes
alike (`classes`), callers to those that are named alike (`callers`), pairs of values that variables
bring together to how their tests go (`tuples`). Rows of the same classes are of one kind
(`grouping`). One row of each kind is decided; it stands for the others, because rules look at
nothing else: which given keys a rule looked at is noted while a row is decided
(`semantics.known_keys`), and where that is a key whose values were put into classes, its values are
told apart one by one and the rows grouped anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from policy_eval.columnar.asked import Asked, Questions
from policy_eval.columnar.callers import Classes, callers_of, parsed
from policy_eval.columnar.codes import Codes
from policy_eval.columnar.columns import Column, Columns
from policy_eval.columnar.factors import Factors, Remembered
from policy_eval.columnar.grouping import Grouping, Kinds, Mode
from policy_eval.columnar.places import Places
from policy_eval.columnar.results import SCHEMA, Answer, Decided, Refused, Results
from policy_eval.columnar.sets import Sets
from policy_eval.engine.decide import Seen, decide_call
from policy_eval.engine.plan import recall
from policy_eval.engine.policies import PolicySet
from policy_eval.errors import RequestError, refuse_request
from policy_eval.request.principal import Principal, is_account
from policy_eval.request.request import Frame, Request
from policy_eval.semantics.linked_keys import brings_needs

_MOST_ROWS = 1 << 20


class Columnar:
    """An engine for tables of requests, by one set of policies, or by several.

    Several are a mapping of names to sets: the column `policies` names the set of each row. What
    sets have in common is looked at once, so that an access matrix of many principals is one table.
    `unknown` are keys, or families such as `aws:ResourceTag/*`, whose value nobody knows in rows
    that do not give it. What was found for one table serves the next.
    """

    def __init__(
        self, policies: PolicySet | Mapping[str, PolicySet], *, unknown: Iterable[str] = ()
    ) -> None:
        self.sets = Sets(policies)
        self.unknown = tuple(unknown)
        self.questions = Questions(self.sets.program)
        self.callers = Classes()
        self.by_value: set[str] = set()
        self.by_name: set[str] = set()
        self.remembered: Remembered = {}

    def decide(self, requests: object) -> Decided:
        """Return the decisions of a table of requests: a row each, in its order.

        It is a pyarrow Table, or what gives one (`__arrow_c_stream__`), as frames of pandas and
        Polars do.
        The columns are `action`, `resource`, `principal`, `resource_account`, condition keys by
        their names, and `context` (a struct or a map of condition keys). A null is "not given". Any
        other column is left alone. Raises RequestError for a table that lacks the column `action`,
        or in which a column is of a type that no request could hold, TypeError for what gives no
        table. A row that is no request that
        could be is refused, and decides nothing.
        """
        if not hasattr(requests, "__arrow_c_stream__"):
            message = f"a table of requests is wanted, and this is a {type(requests).__name__}"
            raise TypeError(message)
        table = requests if isinstance(requests, pa.Table) else pa.table(requests)
        parts: list[pa.Table] = []
        refused: list[Refused] = []
        for start in range(0, max(table.num_rows, 1), _MOST_ROWS):
            has_sets = self.sets.names is not None
            part = self._decide(Columns(table.slice(start, _MOST_ROWS), has_sets=has_sets))
            parts.append(part.table)
            refused += [Refused(start + row, error) for row, error in part.refused]
        return Decided(pa.concat_tables(parts), tuple(refused))

    def _decide(self, columns: Columns) -> Decided:
        if not columns.rows:
            return Decided(SCHEMA.empty_table(), ())
        while True:
            known = len(self.by_value), len(self.by_name)
            decided = _Slice(self, columns).decided()
            if known == (len(self.by_value), len(self.by_name)):
                return decided


class _Slice:
    """Some rows of a table, being decided."""

    def __init__(self, engine: Columnar, columns: Columns) -> None:
        self._engine = engine
        self._columns = columns
        texts = columns.action.dictionary
        self._asked = asked = Asked(engine.questions, map(texts.text, range(len(texts))))
        sets = engine.sets
        self._sets = _sets_of(columns, sets)
        self._callers = callers_of(
            columns.principal, columns.keys, engine.callers, asked, sets.boundaries()
        )
        self._places = Places(columns.resource.dictionary, sets.resource_policies())
        self._grouping = Grouping(
            columns, asked, self._callers, self._places, (engine.by_value, engine.by_name),
            self._sets,
        )  # fmt: skip
        self._results = Results()
        self._numbers = np.zeros(columns.rows, np.intp)
        self._refused: dict[int, RequestError] = {}
        self._frames: dict[tuple[int, Frame], None] = {}

    def decided(self) -> Decided:
        """Return the decisions of the rows."""
        broken = self._broken()
        left = self._decide_by_parts(broken)
        for mode in (Mode.ALIKE, Mode.BY_NAME):
            rows = self._grouping.rows_of(mode)
            rows = rows[left[rows]]
            if len(rows):
                self._decide_kinds(self._grouping.kinds(rows, mode))
        rows = self._grouping.rows_of(Mode.BY_ROW)
        if broken is not None:
            rows = np.union1d(rows, np.flatnonzero(broken))
        self._decide_by_row(rows)
        self._look_at_plans()
        refused = tuple(Refused(row, self._refused[row]) for row in sorted(self._refused))
        return Decided(self._results.table(self._numbers), refused)

    def _broken(self) -> NDArray[np.bool_] | None:
        """Return which rows hold what no request could; None where none does."""
        columns = self._columns
        broken = np.array([action is None for action in self._asked.actions])[columns.action.codes]
        broken |= self._places.broken[columns.resource.codes]
        for column, is_one in ((columns.principal, _is_principal), (columns.account, is_account)):
            texts = map(column.dictionary.text, range(len(column.dictionary)))
            wrong = np.array([text is not None and not is_one(text) for text in texts])
            broken |= wrong[column.codes]
        if columns.policies is not None:
            broken |= self._sets.codes == len(self._engine.sets.sets)
        broken[[*columns.broken]] = True
        return broken if broken.any() else None

    def _decide_by_parts(self, broken: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
        """Decide the rows whose parts may be looked at apart; return which are left, but broken."""
        columns, asked = self._columns, self._asked
        left = np.ones(columns.rows, np.bool_) if broken is None else ~broken
        needing = np.zeros(columns.rows, np.bool_)
        for key in columns.keys:
            if brings_needs(key.folded):
                needing |= key.codes != 0
        may_need = np.array([action is not None and action.may_need for action in asked.actions])
        chosen = left & ~(needing & may_need[columns.action.codes])
        by_row = self._grouping.rows_of(Mode.BY_ROW)
        chosen[by_row] = False
        size = int(np.count_nonzero(chosen))
        if not size:
            return left
        rows = slice(0, size) if size == columns.rows else np.flatnonzero(chosen)
        table = (columns, asked, self._callers, self._places, self._grouping)
        engine = self._engine
        factors = Factors(engine.sets, self._sets, table, self._request_of, engine.remembered)
        kinds, answers = factors.concluded(rows, size)
        numbers = np.array([0 if each is None else self._results.number(each) for each in answers])
        found = numbers[kinds]
        self._numbers[rows] = found
        left[rows] = found == 0
        return left

    def _decide_kinds(self, found: Kinds) -> None:
        """Decide one row of each kind; the rows of one that is refused are asked one by one."""
        rows, (kinds, firsts) = found
        numbers = np.zeros(len(firsts), np.intp)
        failed: list[int] = []
        for kind, row in enumerate(rows[firsts].tolist()):
            try:
                numbers[kind] = self._number(self._request_for(row), row)
            except RequestError:
                failed.append(kind)
        self._numbers[rows] = numbers[kinds]
        if failed:
            self._decide_by_row(rows[np.isin(kinds, failed)])

    def _decide_by_row(self, rows: NDArray[np.intp]) -> None:
        """Decide rows by every value that they hold."""
        if not len(rows):
            return
        _, (kinds, firsts) = self._grouping.kinds(rows, Mode.BY_ROW)
        numbers = np.zeros(len(firsts), np.intp)
        errors: dict[int, RequestError] = {}
        for kind, row in enumerate(rows[firsts].tolist()):
            try:
                if row in self._columns.broken:
                    raise self._columns.broken[row]
                self._check_set(row)
                numbers[kind] = self._number(self._request_of(row), row)
            except RequestError as error:
                errors[kind] = error
        self._numbers[rows] = numbers[kinds]
        for at in np.flatnonzero(np.isin(kinds, [*errors])).tolist() if errors else ():
            self._refused[int(rows[at])] = errors[int(kinds[at])]

    def _check_set(self, row: int) -> None:
        """Refuse a row that names no set of policies."""
        named = self._columns.policies
        if named is not None and self._sets.codes[row] == len(self._engine.sets.sets):
            text = named.dictionary.text(int(named.codes[row]))
            message = "no policies are named" if text is None else f"`{text}` names no policies"
            raise refuse_request("missing-policies", message, "name one of the sets that are given")

    def _number(self, request: Request, row: int) -> int:
        number = int(self._sets.codes[row])
        policies = self._engine.sets.sets[number]
        decision = recall(policies.plans, request)
        if decision is None:
            seen: list[Seen] = []
            decision = decide_call(policies, [request], seen, missing=False)
            for each in seen:
                self._tell_apart(each.context.seen)
                if each.context.resources.by_text:
                    self._tell_resources_apart(each.context.folded_action)
        self._frames[number, request.frame] = None
        return self._results.number(Answer.of(decision))

    def _look_at_plans(self) -> None:
        """Tell apart what rules looked at in requests that were remembered."""
        for number, frame in self._frames:
            plan = self._engine.sets.sets[number].plans.get(frame)
            if plan is not None:
                self._tell_apart(frame.folded[number] for number in plan.numbers)
                if plan.by_name and not self._places.have_policies:
                    self._tell_resources_apart(frame.action.lower())

    def _tell_apart(self, keys: Iterable[str]) -> None:
        given = {key.folded for key in self._columns.keys}
        self._engine.by_value.update(
            folded for folded in keys if folded in given and not self._grouping.is_safe(folded)
        )

    def _tell_resources_apart(self, action: str) -> None:
        if not self._grouping.is_by_name(action):
            self._engine.by_name.add(action)

    def _request_for(self, row: int) -> Request:
        """Return the request that stands for all of the kind of a row."""
        columns, grouping = self._columns, self._grouping
        action = int(columns.action.codes[row])
        caller = self._callers.callers[int(self._callers.codes[row])]
        own = grouping.names_its_caller(action)
        return self._request(
            row,
            caller.principal if own else caller.stands_for,
            [
                key
                for key in grouping.asked_keys(action)
                if key.folded in caller.left or key.folded not in self._callers.telling
            ],
        )

    def _request_of(self, row: int) -> Request:
        """Return the request of a row as it stands."""
        return self._request(row, self._columns.principal.text(row), self._columns.keys)

    def _request(
        self, row: int, principal: str | Principal | None, keys: Iterable[Column]
    ) -> Request:
        return self._columns.request(row, principal, keys, self._engine.unknown)


def _sets_of(columns: Columns, sets: Sets) -> Codes:
    """Return the number of the set of policies of each row; one more than there are for none."""
    none = len(sets.sets)
    if columns.policies is None or sets.names is None:
        return Codes(np.zeros(columns.rows, np.int32), 1)
    numbers = {name: number for number, name in enumerate(sets.names)}
    named = columns.policies.dictionary
    texts = map(named.text, range(len(named)))
    table = np.array(
        [none if text is None else numbers.get(text, none) for text in texts], np.int32
    )
    return Codes(table[columns.policies.codes], none + 1)


def _is_principal(text: str) -> bool:
    return parsed(text) is not None
