"""One question of many actions, asked of a caller: of those that are decided alike one is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from policy_eval.engine.alike import Actions, Alike, Group, Part
from policy_eval.errors import InputError, PolicyError
from policy_eval.queries.asking import Asking, Question
from policy_eval.semantics.linked_keys import is_of_tags
from policy_eval.semantics.service_exceptions import resource_policy_type
from policy_eval.sources.accounts import endpoint_passed
from policy_eval.text.folding import fold

if TYPE_CHECKING:
    from policy_eval.request.request import Request
    from policy_eval.sources.accounts import Accounts
    from policy_eval.sources.model import Entity


class ManyActions:
    """Some actions with which a question is asked; its own is not looked at.

    With `alone` the answers are for each action alone, not for the whole call; with `conditions`
    they have what they hang on.
    """

    def __init__(
        self,
        accounts: Accounts,
        names: Sequence[str],
        question: Question,
        *,
        alone: bool = False,
        conditions: bool = False,
    ) -> None:
        self.actions = Actions(names)
        self._accounts = accounts
        self._question = question
        self._alone = alone
        self._conditions = conditions
        self._guarded = self.actions.by(resource_policy_type).bits
        """The actions by the type of the policy that guards a resource for them."""
        self._all = self.actions.by(lambda _: None)
        self._through = endpoint_passed(question.context, question.unknown)
        keys = map(fold, (*question.context, *question.unknown))
        self._has_tags = bool(
            question.request_tags
            or question.resource_tags
            or accounts.tags(question.resource)
            or any(map(is_of_tags, keys))
        )

    def decided(self, entity: Entity) -> Iterator[Group]:
        """Yield the actions with the decisions of a caller's calls, or why there are none."""
        try:
            asking = Asking(self._accounts, entity, self._question)
        except InputError as error:
            yield self._refused(self.actions.every, error)
            return

        def request(action: str) -> Request:
            made = asking.request(action)
            return made.alone() if self._alone else made

        for within in self._guarded:
            yield from self._within(entity, request, within)

    def _within(
        self, entity: Entity, request: Callable[[str], Request], within: int
    ) -> Iterator[Group]:
        """Yield actions for which the same policies have a say."""
        first, resource = self.actions.first(within), self._question.resource
        try:  # nobody keeps what was compiled: there may be many callers
            layers = self._accounts.layers(
                entity,
                first,
                resource,
                through=self._through,
                said_owner=self._question.resource_account,
            )
            policies = layers.policies()
        except PolicyError as error:
            yield self._refused(within, error)
            return
        yield from Alike(
            policies,
            self.actions,
            request,
            has_tags=self._has_tags,
            conditions=self._conditions,
        ).decided(within)

    def _refused(self, within: int, error: InputError) -> Group:
        return Group(self._all, (Part(0, within, error),))
