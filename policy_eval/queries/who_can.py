"""Who can do something: every user and role, each with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from policy_eval.errors import InputError
from policy_eval.queries.asking import Answer, Question, Refused, answer, check

if TYPE_CHECKING:
    from policy_eval.sources.accounts import Accounts


class WhoCan(NamedTuple):
    """Every user and role, by the answer. `refused` are those of whom there is none."""

    question: Question
    answers: tuple[Answer, ...]
    refused: tuple[Refused, ...]

    @property
    def allowed(self) -> tuple[Answer, ...]:
        """Those who can."""
        return tuple(each for each in self.answers if each.can is True)

    @property
    def undetermined(self) -> tuple[Answer, ...]:
        """Those of whom it hangs on something unknown."""
        return tuple(each for each in self.answers if each.can is None)

    @property
    def denied(self) -> tuple[Answer, ...]:
        """Those who cannot: IAM denies it, or the service refuses it all the same."""
        return tuple(each for each in self.answers if each.can is False)

    def to_dict(self) -> dict[str, object]:
        """Return it as plain data, in stable field names."""
        return {
            "action": self.question.action,
            "resource": self.question.resource,
            "also": [
                {"action": action, "resource": resource} for action, resource in self.question.also
            ],
            "allowed": [each.to_dict() for each in self.allowed],
            "undetermined": [each.to_dict() for each in self.undetermined],
            "denied": [each.to_dict() for each in self.denied],
            "refused": [each.to_dict() for each in self.refused],
        }


def who_can(accounts: Accounts, question: Question) -> WhoCan:
    """Return what AWS would decide for every user and role of the accounts.

    Raises RequestError for a question that can be asked of nobody.
    """
    check(question)
    answers: list[Answer] = []
    refused: list[Refused] = []
    for entity in accounts.callers:
        try:
            answers.append(answer(accounts, entity, question))
        except InputError as error:
            refused.append(Refused(entity.arn, error))
    _raise_if_one_reason(answers, refused)
    return WhoCan(question, tuple(answers), tuple(refused))


def _raise_if_one_reason(answers: list[Answer], refused: list[Refused]) -> None:
    """Raise why nobody can be asked, where that is the same for all: it is the question."""
    reasons = {each.error.diagnostics for each in refused}
    if not answers and len(reasons) == 1 and len(refused) > 1:
        raise refused[0].error
