"""Outputs of single AWS CLI calls, with a list of which call printed each, or the script that did.

    {"version": 1, "account": "111122223333",
     "calls": [{"command": "aws iam get-role --role-name Dev", "output": "get-role.json"},
               {"command": "aws iam list-attached-role-policies --role-name Dev",
                "output": "attached.json"}]}

The outputs do not tell whom they are about (`list-attached-role-policies` prints no role), so the
commands do. What no call tells of an identity is unknown, never absent. What calls tell is kept by
account: the profile of a call says whose it is, and some outputs of the profile which account it
has.

AWS: "AWS CLI Command Reference", "Using an IAM role in the AWS CLI" (profiles).
"""

from __future__ import annotations

import os.path
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from policy_eval.errors import SourceError
from policy_eval.policy.arn import Arn, parse_arn
from policy_eval.request.principal import is_account
from policy_eval.sources import cli_identities, cli_organization, cli_resources
from policy_eval.sources.cli_command import (
    Call,
    Listed,
    NoCall,
    call_of,
    listed,
    scripted,
    with_output,
)
from policy_eval.sources.cli_identities import CALLER, Identities, check_account
from policy_eval.sources.cli_told import NotLeftOutError, Told, not_left_out
from policy_eval.sources.model import Document, Found, LeftOut, Where, nothing
from policy_eval.sources.reading import OnError, Value, refuse


def read_calls(value: object, file: str, on_error: OnError | None = None) -> Found:
    """Return what the listed outputs hold. Raises SourceError, or hands it to `on_error`.

    What cannot be left out without answers that may be wrong is raised all the same.
    """
    root = Value(value, Where(file))
    account = root.get("account")
    if account is not None:
        check_account(account)
    return _read(listed(root), file, account, on_error)


def read_script(text: str, file: str, on_error: OnError | None = None) -> Found:
    """Return what the outputs of a script hold. Raises SourceError as `read_calls` does."""
    return _read(scripted(text, file), file, None, on_error)


class _Read(NamedTuple):
    """A call, with what it printed or with what kept that from being read."""

    call: Call
    error: SourceError | None


def _read(
    given: Iterable[Listed | NoCall],
    file: str,
    account: Value | None,
    on_error: OnError | None,
) -> Found:
    def refused(error: SourceError) -> None:
        if on_error is None or isinstance(error, NotLeftOutError):
            raise error
        on_error(error)

    calls: list[Call] = []
    for each in given:
        try:
            if isinstance(each, NoCall):
                raise each.error
            calls.append(call_of(each, Path(file).parent))
        except SourceError as error:
            text = each.text if isinstance(each, NoCall) else " ".join(each.words)
            refused(not_left_out(error) if _is_missed(text) else error)
    files = Counter(map(_file, calls))
    gathered = _Calls(file)
    read: list[_Read] = []
    for call in calls:
        try:
            if gathered.takes(call):
                read.append(_Read(_with_own_output(call, files[_file(call)]), None))
        except SourceError as error:
            refused(error)
            read.append(_Read(call, error))
    gathered.tell_accounts([each.call for each in read], account)
    for call, unread in read:
        try:
            if unread is None:
                gathered.take(call)
                continue
            failed = unread
        except SourceError as error:
            refused(error)
            failed = error
        gathered.leave_open(call, failed)
    return gathered.found()


def _is_missed(text: str) -> bool:
    """Return whether a text that is no call holds a command without which there is no policy.

    What no call tells of an identity is unknown anyway.
    """
    words = " ".join(text.split())
    return any(name in words for name in (*cli_resources.COMMANDS, *cli_organization.COMMANDS))


def _file(call: Call) -> str:
    return os.path.normpath(call.output.where.file)


def _with_own_output(call: Call, count: int) -> Call:
    """Return a call with what it printed. Raises SourceError."""
    if count > 1:
        message = f"{count} calls name this file, and it holds what one of them printed"
        raise not_left_out(refuse("listed-twice", message, call.output.where,
                                  "give the output of each call in a file of its own"))  # fmt: skip
    call = with_output(call)
    is_none = call.name.startswith("organizations ") and call.error == cli_organization.NONE
    if call.error and cli_resources.MAY_FAIL.get(call.name) != call.error and not is_none:
        raise refuse("unreadable-file", f"the call failed: {call.error}", call.output.where)
    return call


# Of which account a call tells

_ARN_NAMES = ("Arn", "ARN", "PolicyArn", "QueueArn", "TopicArn")


def _arns(value: object) -> Iterator[Arn]:
    """Yield the ARNs of what an output describes, at its top or one level below."""
    for each in [value, *value.values()] if isinstance(value, dict) else ():
        for item in each if isinstance(each, list) else [each]:
            for name in _ARN_NAMES if isinstance(item, dict) else ():
                arn = parse_arn(str(item.get(name, "")))
                if arn is not None:
                    yield arn


def _of_caller(output: Value) -> Iterator[Arn]:
    """Yield an ARN with the account that `sts get-caller-identity` prints."""
    account = output.value.get("Account") if isinstance(output.value, dict) else None
    if account is not None:
        yield Arn("", "sts", "", str(account), "")


class _Calls:
    """What all calls told: of identities by account, of resources and the organization as one."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.left_out: list[LeftOut] = []
        self._resources = cli_resources.Resources()
        self._tree = cli_organization.Tree()
        self._accounts: Told[str, str] = Told()
        self._partitions: dict[str, set[str]] = {}
        self._gathered: dict[tuple[str | None, str], Identities] = {}

    def takes(self, call: Call) -> bool:
        """Return whether what a command prints is taken; else it is listed as left out.

        Raises SourceError for a command of which the output would have a say in answers.
        """
        if call.name in _ALL_COMMANDS:
            return True
        if _HAS_A_SAY.search(call.name) and not _HAS_NO_SAY.search(call.name):
            remedy = _WHY_NOT.get(call.name, "leave it out, and ask with --unknown-layer resource "
                                  "where it has a say")  # fmt: skip
            message = f"what `{call.name}` prints has a say in answers, and is not read"
            raise refuse("unknown-source", message, call.where, remedy)
        why = _WHY_NOT.get(call.name, "no policy is taken from this command")
        self.left_out.append(LeftOut(call.name, why, call.where))
        return False

    def tell_accounts(self, calls: Sequence[Call], account: Value | None) -> None:
        """Take which account and partition each profile has. Raises SourceError for two."""
        for call in calls:
            arns = [*_arns(call.output.value)]
            if call.name == CALLER:
                arns += _of_caller(call.output)
            given = (parse_arn(value) for values in call.options.values() for value in values)
            told = self._partitions.setdefault(call.profile, set())
            told |= {arn.partition for arn in (*arns, *filter(None, given)) if arn.partition}
            if call.name.startswith(("iam ", "sts ")):
                accounts = {arn.account for arn in arns if is_account(arn.account)}
                for each in sorted(accounts):
                    self._tell_account(call.profile, each, call.output.where)
        if account is not None:
            self._tell_all(account)

    def _tell_account(self, profile: str, account: str, where: Where) -> None:
        if self._accounts.get(profile, account) != account:
            of = f"profile {profile} is" if profile else "calls without --profile are"
            before = f"{self._accounts[profile]} in {self._accounts.places[profile]}"
            raise not_left_out(refuse(
                "listed-twice", f"{of} of account {account} here, and of {before}", where,
                "name a profile in each command (--profile)",
            ))  # fmt: skip
        self._accounts.tell(profile, account, "", where)

    def _tell_all(self, account: Value) -> None:
        """Take the account that a list says: that of its one profile."""
        if len(self._partitions) > 1 and self._partitions.keys() - self._accounts.keys():
            raise refuse(
                "unknown-source", "one account is said here, and the calls have several profiles",
                account.where, "leave it out, and add `sts get-caller-identity` with each profile",
            )  # fmt: skip
        for profile in self._partitions:
            self._tell_account(profile, account.text(), account.where)

    def _of(self, call: Call) -> Identities:
        """Return what was told of the account of a call; without one, of its profile."""
        account = self._accounts.get(call.profile)
        partitions = self._partitions.get(call.profile, set())
        self._resources.account = account
        self._resources.partition = next(iter(partitions)) if len(partitions) == 1 else None
        return self._gathered.setdefault((account, "" if account else call.profile), Identities())

    def take(self, call: Call) -> None:
        """Take what one call printed. Raises SourceError."""
        gathered = self._of(call)
        if call.name in cli_resources.COMMANDS:
            cli_resources.COMMANDS[call.name](self._resources, call)
        elif call.name in cli_organization.COMMANDS:
            self._tree.asked(self._resources.account, call)
            if not call.error:
                cli_organization.COMMANDS[call.name](self._tree, call)
        else:
            cli_identities.COMMANDS[call.name](gathered, call)

    def leave_open(self, call: Call, error: SourceError) -> None:
        """Take that what a call was to tell is not known. Raises NotLeftOutError."""
        self._of(call)
        if call.name in cli_resources.COMMANDS:
            cli_resources.leave_open(self._resources, call, error)
        elif call.name in cli_organization.COMMANDS:
            self._tree.asked(self._resources.account, call)

    def found(self) -> Found:
        """Return what all calls told. Raises SourceError for what cannot be."""
        found = nothing(self.file)
        managed: Told[str, Document] = Told()
        left_out = self.left_out
        for gathered in self._gathered.values():
            own = gathered.found()
            found.entities.update(own.entities)
            for arn, each in own.managed.items():
                managed.tell(arn, each, arn, each.where)
            left_out += own.left_out
        found.managed.update(managed)
        found.resources.update(self._resources.found())
        found.endpoints.update(self._resources.endpoints)
        accounts = {each: self._accounts.places[name] for name, each in self._accounts.items()}
        organization = self._tree.organization(accounts)
        left_out += self._tree.left_out
        return found._replace(organization=organization, left_out=tuple(left_out))


_ALL_COMMANDS = {*cli_identities.COMMANDS, *cli_resources.COMMANDS, *cli_organization.COMMANDS}
_HAS_A_SAY = re.compile(r"polic|permission|grants|-acl\b|public-access-block|authorization-details")
_HAS_NO_SAY = re.compile(
    r"password|granting|policy-tags|policy-versions|policy-status|simulate|effective-policy|"
    r"organizations describe-resource|lifecycle|scaling|ssl|load-balancer|retention"
)
"""What looks as if it had a say in whether a call is allowed, and has none."""
_WHY_NOT = {
    "iam list-policy-versions": "it prints no document; get-policy tells the default version",
    "iam get-account-authorization-details": "give what it printed as a source of its own",
}
