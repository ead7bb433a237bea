"""Plans and states in the format of `terraform show -json`, made of a few words a resource.

The form is that of "JSON Output Format" (Terraform documentation).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from policy_eval import Decision, Request, decide
from policy_eval.errors import SourceError
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.model import Found
from policy_eval.sources.terraform.read import read_terraform

FILE = "plan.json"
Json = dict[str, object]
_ADDRESS = re.compile(
    r"(?P<module>(?:module\.\w+(?:\[[^\]]*\])?\.)*)(?P<data>data\.)?"
    r"(?P<type>\w+)\.(?P<name>\w+)(?:\[(?P<key>[^\]]*)\])?"
)
READ = ("read",)
NOTHING = ("no-op",)
CREATE = ("create",)


class Res(NamedTuple):
    """A resource of a plan; `refers` are the references of its arguments, `sets` those it sets.

    `expressions` are given as they are instead, None for a block that the file does not hold.
    """

    address: str
    values: Mapping[str, object]
    unknown: object = ()
    actions: tuple[str, ...] = CREATE
    before: Mapping[str, object] | None = None
    refers: Mapping[str, tuple[str, ...]] = {}
    sets: tuple[str, ...] = ()
    for_each: tuple[str, ...] = ()
    has_block: bool = True
    blocks: Mapping[str, object] = {}
    provider: str = "aws"
    previous: str = ""

    @property
    def parts(self) -> re.Match[str]:
        """Its address in parts."""
        found = _ADDRESS.fullmatch(self.address)
        assert found, self.address
        return found

    def names(self) -> Json:
        """Its mode, type, name and index."""
        key = self.parts["key"]
        return {
            "address": self.address,
            "mode": "data" if self.parts["data"] else "managed",
            "type": self.parts["type"],
            "name": self.parts["name"],
            "provider_name": "registry.terraform.io/hashicorp/aws",
            **({} if key is None else {"index": json.loads(key)}),
        }

    def value(self) -> Json:
        """It as a values representation."""
        return {**self.names(), "schema_version": 0, "values": self.values, "sensitive_values": {}}

    def change(self) -> Json:
        """What the plan does to it."""
        unknown = self.unknown
        if isinstance(unknown, tuple):
            unknown = dict.fromkeys(unknown, True)
        module = self.parts["module"].rstrip(".")
        return {
            **self.names(),
            **({"module_address": module} if module else {}),
            **({"previous_address": self.previous} if self.previous else {}),
            "change": {
                "actions": list(self.actions),
                "before": self.before,
                "after": None if self.actions == ("delete",) else self.values,
                "after_unknown": unknown,
            },
        }

    def block(self) -> Json:
        """It as the configuration has it."""
        expressions = {
            **{name: {} for name in self.sets},
            **{name: {"references": list(found)} for name, found in self.refers.items()},
            **self.blocks,
        }
        names = {name: value for name, value in self.names().items() if name != "index"}
        return {
            **names,
            "provider_config_key": self.provider,
            "expressions": expressions,
            **(
                {"for_each_expression": {"references": list(self.for_each)}}
                if self.for_each
                else {}
            ),
        }


def to(name: str) -> tuple[str, ...]:
    """Return the references to an attribute, as a plan gives them."""
    return (name, name.rpartition(".")[0])


def _root(resources: list[Res]) -> Json:
    """Return the root module of values: its resources, and modules (one level)."""
    modules: dict[str, list[Json]] = {}
    for each in resources:
        modules.setdefault(each.parts["module"].rstrip("."), []).append(each.value())
    children = [
        {"address": address, "resources": found} for address, found in modules.items() if address
    ]
    return {
        "resources": modules.get("", []), **({"child_modules": children} if children else {}),
    }  # fmt: skip


def plan(
    *resources: Res,
    prior: tuple[Res, ...] = (),
    calls: Mapping[str, object] | None = None,
    providers: Mapping[str, object] | None = None,
    **more: object,
) -> Json:
    """Return a plan of these resources; `calls` are the calls of modules in its configuration."""
    after = [each for each in resources if each.actions not in (("delete",), ("forget",))]
    blocks = {
        f"{each.parts['data']}{each.parts['type']}.{each.parts['name']}": each.block()
        for each in (*resources, *prior)
        if each.has_block and not each.parts["module"]
    }
    region = {"name": "aws", "expressions": {"region": {"constant_value": "us-east-1"}}}
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.8",
        "planned_values": {"root_module": _root(after)},
        "resource_changes": [each.change() for each in resources],
        "prior_state": {"format_version": "1.0", "values": {"root_module": _root([*prior])}},
        "configuration": {
            "provider_config": {"aws": region} if providers is None else providers,
            "root_module": {"resources": [*blocks.values()], "module_calls": calls or {}},
        },
        **more,
    }


def state(*resources: Res) -> Json:
    """Return a state of these resources."""
    return {
        "format_version": "1.0",
        "terraform_version": "1.9.8",
        "values": {"root_module": _root([*resources])},
    }


def read(value: object, account: str | None = "111122223333") -> Found:
    """Return what a plan or state holds."""
    return read_terraform(value, FILE, account=account)


def refusal(value: object) -> str:
    """Return what is said of a value that is refused."""
    try:
        read(value)
    except SourceError as error:
        return error.diagnostics[0].message
    raise AssertionError


def decided(
    found: Found,
    caller: str,
    action: str,
    resource: str | None = None,
    **context: str | list[str],
) -> Decision:
    """Return the decision on a call of a role or user that was found."""
    accounts = Accounts(found)
    policies = accounts.policies(accounts.caller(caller), action, resource)
    request = Request(
        action, resource, principal=accounts.principal(caller),
        context={name.replace("__", ":"): value for name, value in context.items()},
        resource_tags=accounts.tags(resource),
    )  # fmt: skip
    return decide(policies, request)


def text(*statements: Json) -> str:
    """Return a policy of these statements as text."""
    return json.dumps({"Version": "2012-10-17", "Statement": [*statements]})


def allow(action: str, resource: str = "*", **more: object) -> Json:
    """Return a statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str, resource: str = "*", **more: object) -> Json:
    """Return a statement that denies."""
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}
