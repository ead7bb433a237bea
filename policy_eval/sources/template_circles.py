"""Circles in a template: resources that cannot be made, as each waits for another.

AWS: "Troubleshooting CloudFormation", the error "Circular dependency between resources".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from policy_eval.sources.reading import Value
from policy_eval.sources.template import loop
from policy_eval.sources.unknown import listed

_IN_SUB = re.compile(r"\$\{([^!.}][^.}]*)")


def check_circles(resources: Mapping[str, Value]) -> None:
    """Raise SourceError for resources that refer to one another in a circle."""
    done: set[str] = set()
    for start in resources:
        path = {start: _needed(resources, start)} if start not in done else {}
        while path:
            at, further = [*path.items()][-1]
            name = next(further, None)
            if name is None:
                done.add(at)
                del path[at]
            elif name in path:
                names = [*path]
                circle = " → ".join([*names[names.index(name) :], name])
                raise loop(circle, resources[name].where)
            elif name not in done:
                path[name] = _needed(resources, name)


def _needed(resources: Mapping[str, Value], name: str) -> Iterator[str]:
    """Return the resources that one refers to, each once."""
    found: dict[str, None] = {}
    resource = resources[name].value
    assert isinstance(resource, dict)  # the loader looked
    for each in listed(resource.get("DependsOn", [])):
        found[str(each)] = None
    if not str(resource["Type"]).startswith("AWS::Serverless::"):  # AWS SAM parts what it makes
        for each in _references(resource.get("Properties")):
            found[each] = None
    return iter([each for each in found if each in resources])


def _references(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _references(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name == "Ref":
                yield str(each)
            elif name == "Fn::GetAtt":
                yield str(listed(each)[0]).partition(".")[0] if each else ""
            elif name == "Fn::Sub":
                yield from _in_text(each)
            yield from _references(each)


def _in_text(argument: object) -> Iterator[str]:
    """Yield the names in the text of an `Fn::Sub`, less those that it gives itself."""
    text, *given = listed(argument) or [""]
    own = given[0] if given and isinstance(given[0], dict) else {}
    for found in _IN_SUB.finditer(str(text)):
        name = found.group(1).strip()
        if name not in own:
            yield name
