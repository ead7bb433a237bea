"""The format of `*.iamtest.yaml` as one table: every field, what it holds, and what it means.

The loader takes the names that it knows from here, and `schema.py` makes the JSON Schema of it,
so that an editor and the loader know the same fields. docs/iamtest.md tells the same in prose.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from policy_eval.request.dependency import On
from policy_eval.request.principal import Credentials
from policy_eval.semantics.layers import EndpointType, Layer

DECISIONS = ("allowed", "implicitDeny", "explicitDeny", "anyDeny", "undetermined", "invalid")
LAYER_WORDS = tuple(each.value for each in Layer)
UNLISTED = ("absent", "unknown")
CONTEXT_KEY_TYPES = (
    "string", "stringList", "numeric", "numericList", "boolean", "booleanList", "ip", "ipList",
    "binary", "binaryList", "date", "dateList",
)  # fmt: skip
"""AWS: "ContextEntry" (IAM API Reference), valid values of ContextKeyType."""


class Kind(Enum):
    """What one value of a field is; the value says it in words."""

    TEXT = "a text; an unquoted number, date or truth value is the text that stands in the file"
    TRUTH = "true or false"
    WORD = "one of the words"
    VERSION = "the version of the format"
    ACTION = "an action, `service:Name`, checked with the format"
    KEY = "a condition key, `prefix:Name`, checked with the format"
    CONDITION = "a condition, as `can-i` prints it, checked with the format"
    TAGS = "a mapping of tag keys to texts"
    PARAMETERS = "a mapping of names to texts"
    CONTEXT = "a mapping of condition keys to a text, a list of texts, or null"
    TEST = "a mapping: a test"
    LAYERS = "a mapping: the policies of each layer"
    POLICY = "a policy: a file, the policy itself, or a mapping that names one of them"
    LEVEL = "the policies of one level of an organization"
    POLICIES_OF = "a mapping of the ARNs of resources to a policy each"
    DOCUMENT = "a policy document"
    PRINCIPAL = "a principal: a text, or a mapping with what else is known of it"
    STEP = "a step of a call: an action, or a mapping"
    DEPENDENT_ACTION = "a mapping: a further action that calls need"
    EXPECT = "a decision, or a mapping of what is expected"
    SIMULATE = "a mapping: a request of SimulateCustomPolicy"
    CONTEXT_ENTRY = "a mapping: an entry of ContextEntries"
    ORGANIZATION_LEVEL = "a mapping: an entry of OrderedOrganizationPolicyInputList"


class Count(Enum):
    """How many values a field takes, and in which forms; the value says it in words."""

    ONE = "one"
    OPTIONAL = "one, or null for none"
    AT_MOST_ONE = "one, null for none, or a list of at most one"
    ANY = "a list; one value stands for a list of one, null for none"
    SOME = "a list that is not empty; one value stands for a list of one"
    LIST = "a list and nothing else"
    LIST_OF_SOME = "a list that is not empty, and nothing else"
    LIST_OF_ONE = "a list of at most one"


class Known(NamedTuple):
    """A field that the format knows. `says` is a sentence, shown by editors.

    `words` are those of a closed family.
    """

    name: str
    says: str
    kind: Kind = Kind.TEXT
    many: Count = Count.ONE
    words: tuple[str, ...] = ()


class Form(NamedTuple):
    """A mapping of the format. Without its `needed` fields, or one of `one_of`, it is refused.

    `fewest` is how many fields it has at least. `exclusive` are pairs of fields that do not stand
    together; the second is the one that is refused. `beside` are pairs of which the first stands
    only where the second does.
    """

    name: str
    says: str
    fields: tuple[Known, ...]
    needed: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    fewest: int = 0
    exclusive: tuple[tuple[str, str], ...] = ()
    beside: tuple[tuple[str, str], ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """The name of each field."""
        return tuple(field.name for field in self.fields)


_SHARED = (
    Known(
        "now",
        "The date and time of the request, such as 2026-01-01T00:00:00Z: what aws:CurrentTime and "
        "aws:EpochTime hold.",
    ),
    Known(
        "unlisted_keys",
        "What a condition key is that nobody lists: absent from the request context (where this "
        "is left out), or unknown.",
        Kind.WORD,
        words=UNLISTED,
    ),
    Known(
        "policies",
        "The policies of each layer; a layer that a test gives replaces the suite's.",
        Kind.LAYERS,
        Count.OPTIONAL,
    ),
    Known(
        "principal",
        "The principal that makes the request: an ARN, an account ID (its root user), a service "
        "principal, `anonymous`, or a mapping.",
        Kind.PRINCIPAL,
        Count.OPTIONAL,
    ),
    Known("action", "The action that is asked about, as `service:Name`."),
    Known(
        "resource",
        'The ARN of the resource that is asked about, or "*"; null leaves it unsaid.',
        many=Count.OPTIONAL,
    ),
    Known(
        "context",
        "The request context: condition keys with their values, a list for a multivalued key, "
        "null for a key that is known to be absent.",
        Kind.CONTEXT,
        Count.OPTIONAL,
    ),
    Known(
        "request_tags",
        "The tags that the request passes: what aws:RequestTag/tag-key and aws:TagKeys hold.",
        Kind.TAGS,
        Count.OPTIONAL,
    ),
    Known(
        "resource_tags",
        "The tags of the resource: what aws:ResourceTag/tag-key holds.",
        Kind.TAGS,
        Count.OPTIONAL,
    ),
    Known(
        "unknown",
        "Condition keys whose value nobody knows: names, families such as `aws:ResourceTag/*`, or "
        '"*" for all that are not listed.',
        many=Count.ANY,
    ),
    Known(
        "action_only",
        "Whether the action is asked about alone, without the dependent actions of its call.",
        Kind.TRUTH,
    ),
    Known(
        "accept_invalid",
        "Whether policies that AWS would refuse to store are read all the same, each rule by its "
        "lenient reading.",
        Kind.TRUTH,
    ),
    Known(
        "resource_account",
        "The ID of the account that the resource belongs to, where its ARN names none.",
        many=Count.OPTIONAL,
    ),
    Known(
        "unknown_layers",
        "Layers of which nobody knows whether they have policies.",
        Kind.WORD,
        Count.ANY,
        LAYER_WORDS,
    ),
    Known(
        "endpoint_type",
        "The type of the VPC endpoint that the request passes.",
        Kind.WORD,
        Count.OPTIONAL,
        tuple(each.value for each in EndpointType),
    ),
    Known(
        "dependent_actions",
        "Further actions that calls need, beside the dependent actions that are known.",
        Kind.DEPENDENT_ACTION,
        Count.ANY,
    ),
)
_SUITE = Form(
    "suite",
    "A suite of expected decisions of AWS IAM, or a scenario, which expects none.",
    (
        Known("version", "The version of this format.", Kind.VERSION),
        Known("name", "What the suite is called in reports."),
        Known("description", "What the suite is about."),
        Known("sources", "Accounts, in place of `policies`: exports, plans, templates, "
              "organizations and workspaces, relative to this file, in which the principal may be "
              "named as people do.", many=Count.SOME),
        Known("account", "The ID of the account of plans and templates, where they do not tell "
              "it.", many=Count.OPTIONAL),
        Known("region", "The Region that templates are deployed in.", many=Count.OPTIONAL),
        Known("parameters", "The values of templates' parameters.", Kind.PARAMETERS,
              Count.OPTIONAL),
        Known("tests", "The requests, each with the decision that is expected.", Kind.TEST,
              Count.LIST_OF_SOME),
        *_SHARED,
    ),
    needed=("tests",),
    beside=(("account", "sources"), ("region", "sources"), ("parameters", "sources")),
)  # fmt: skip
_TEST = Form(
    "test",
    "A request and the decision that is expected; what stands here wins over the suite's.",
    (
        Known("name", "What the test is called in reports."),
        Known("description", "What the test is about."),
        Known("rule", "The rules that the test shows (docs/semantics.md).", many=Count.ANY),
        Known("source", "Where AWS says so."),
        Known("skip", "Why the test is skipped."),
        Known("expect", "The decision that is expected, or a mapping in which each part is "
              "checked where it is given; a scenario has none.", Kind.EXPECT),
        Known("actions", "Several actions: each is asked about in turn.", many=Count.SOME),
        Known("resources", "Several resources: each is asked about in turn.", many=Count.SOME),
        Known("principals", "Several principals: each makes the request in turn.",
              Kind.PRINCIPAL, Count.SOME),
        Known("all_of", "The steps of one call, which is allowed only if each of them is.",
              Kind.STEP, Count.SOME),
        Known("simulate", "A request of SimulateCustomPolicy word for word, as "
              "`aws iam simulate-custom-policy --cli-input-json` takes it.", Kind.SIMULATE),
        *_SHARED,
    ),
    exclusive=(
        ("action", "actions"),
        ("resource", "resources"),
        ("principal", "principals"),
        ("all_of", "action"),
        ("all_of", "actions"),
        ("all_of", "dependent_actions"),
        *(
            ("simulate", name)
            for name in (
                "policies", "action", "actions", "all_of", "resource", "resources",
                "resource_account", "principal", "principals", "context", "unlisted_keys",
                "request_tags", "resource_tags", "unknown", "action_only", "unknown_layers",
                "endpoint_type", "dependent_actions",
            )
        ),
    ),
)  # fmt: skip
_LAYERS = Form(
    "policies",
    "The policies of each layer; a layer that is left out, null or [] does not exist.",
    (
        Known("identity", "The identity-based policies of the principal.", Kind.POLICY, Count.ANY),
        Known("boundary", "The permissions boundary of the principal.", Kind.POLICY,
              Count.AT_MOST_ONE),
        Known("session", "The session policies of the principal's session, which are one layer.",
              Kind.POLICY, Count.ANY),
        Known("resource", "The policy of the resource that is asked about: a role trust policy, a "
              "KMS key policy or another resource-based policy, as the action has it.",
              Kind.POLICY, Count.AT_MOST_ONE),
        Known("resources", "The policies of further resources of the call, by their ARNs.",
              Kind.POLICIES_OF, Count.OPTIONAL),
        Known("scps", "The service control policies, level by level, the root first; [] inside "
              "is a level that allows nothing.", Kind.LEVEL, Count.ANY),
        Known("rcps", "The resource control policies, level by level, the root first; [] inside "
              "is a level that allows nothing.", Kind.LEVEL, Count.ANY),
        Known("endpoint", "The policy of the VPC endpoint that the request passes.", Kind.POLICY,
              Count.AT_MOST_ONE),
    ),
)  # fmt: skip
_ENTRY = Form(
    "entry",
    "A policy with a name: in a file, or as it stands.",
    (
        Known("name", "What the policy is called in answers."),
        Known("file", "The file that holds the policy, relative to this one."),
        Known("policy", "The policy document as it stands.", Kind.DOCUMENT),
    ),
    one_of=("file", "policy"),
    exclusive=(("file", "policy"),),
)
_PRINCIPAL = Form(
    "principal",
    "A principal, with what else is known of it.",
    (
        Known("arn", "An ARN, an account ID (its root user), a service principal or `anonymous`; "
              "a role's ARN is a session of it."),
        Known("tags", "The tags of the user or role: what aws:PrincipalTag/tag-key holds.",
              Kind.TAGS, Count.OPTIONAL),
        Known("session_tags", "The session tags, which win over the tags of the role.", Kind.TAGS,
              Count.OPTIONAL),
        Known("session_name", "The name of the role's session."),
        Known("user_id", "The unique ID of the user (AIDA...) or role (AROA...)."),
        Known("user", "The ARN of the IAM user behind a federated user."),
        Known("organization_id", "The ID of the principal's organization: what "
              "aws:PrincipalOrgID holds."),
        Known("organization_paths", "Where in its organization the principal's account is: what "
              "aws:PrincipalOrgPaths holds.", many=Count.ANY),
        Known("mfa", "Whether multi-factor authentication was used: what "
              "aws:MultiFactorAuthPresent holds.", Kind.TRUTH),
        Known("credentials", "How the principal came by its credentials.", Kind.WORD,
              words=tuple(each.value for each in Credentials)),
        Known("service_linked", "Whether the role is service-linked.", Kind.TRUTH),
        Known("management_account", "The ID of the organization's management account; true if it "
              "is the principal's own."),
    ),
    needed=("arn",),
)  # fmt: skip
_SHARED_BY_NAME = {field.name: field for field in _SHARED}
_STEP = Form(
    "step",
    "An action of a call on one of its resources, with a context of its own.",
    tuple(
        _SHARED_BY_NAME[name]
        for name in (
            "action", "resource", "resource_account", "context", "unknown", "resource_tags",
            "request_tags",
        )
    ),
    needed=("action",),
)  # fmt: skip
_DEPENDENT_ACTION = Form(
    "dependent_action",
    "A dependent action: a further action that calls of an action need.",
    (
        Known("action", "The action whose calls need another.", Kind.ACTION),
        Known("needs", "The action that they need.", Kind.ACTION),
        Known("when", "The condition key, or family such as `aws:RequestTag/`, that brings the "
              "need; without it there always is one.", Kind.KEY),
        Known("on", "On which resource it is needed: the call's, the one whose ARN the key in "
              "`when` holds, or one that the call names in its own way.", Kind.WORD,
              words=tuple(each.value for each in On)),
        Known("because", "Why calls need it, as a clause."),
        Known("rule", "The rule or source that says so."),
        Known("forwarded_by", "The service principal of the service that makes the further call "
              "with the caller's permissions (a forward access session)."),
    ),
    needed=("action", "needs"),
)  # fmt: skip
_EXPECT = Form(
    "expect",
    "What is expected of a decision; each part is checked only where it is given.",
    (
        Known("decision", "The decision, in the words of SimulateCustomPolicy; also anyDeny, "
              "undetermined, and invalid for what AWS would refuse.", Kind.WORD, words=DECISIONS),
        Known("decided_by", "The layer that decided.", Kind.WORD, words=LAYER_WORDS),
        Known("matched", "Exactly the statements that decided: their Sid, or `file#N`.",
              many=Count.ANY),
        Known("failed_conditions", "Condition keys among those that failed in statements whose "
              "action, principal and resource matched.", many=Count.ANY),
        Known("missing_context", "Exactly the unknown condition keys that matter.",
              many=Count.ANY),
        Known("rests_on", "Exactly the rules whose other reading would change the decision.",
              many=Count.ANY),
        Known("blocked_by", "The action of `all_of`, or the dependent action, that failed."),
        Known("remarks", "Exactly the rules by which the service itself refuses the call.",
              many=Count.ANY),
        Known("error", "The code of a diagnostic (`policy-eval explain-error` lists them)."),
        Known("allow_if", "The condition under which an undetermined request is allowed, as can-i "
              "prints it (grammar/condition.lark).", Kind.CONDITION),
        Known("deny_if", "The condition under which an undetermined request is explicitly denied.",
              Kind.CONDITION),
    ),
    fewest=1,
)  # fmt: skip
_SIMULATE = Form(
    "simulate",
    "A request of SimulateCustomPolicy (IAM API Reference); policies are texts that hold JSON.",
    (
        Known("PolicyInputList", "The identity-based policies.", many=Count.LIST),
        Known("PermissionsBoundaryPolicyInputList", "The permissions boundary, in a list of one.",
              many=Count.LIST_OF_ONE),
        Known("OrderedOrganizationPolicyInputList", "The service control policies of each level, "
              "from the organization's root down to the account.", Kind.ORGANIZATION_LEVEL,
              Count.LIST),
        Known("ActionNames", "The actions, as `service:Name`.", many=Count.LIST_OF_SOME),
        Known("ResourceArns", "The ARNs of the resources; left out, it is `*`.",
              many=Count.LIST),
        Known("ResourcePolicy", "The resource-based policy of each of the resources."),
        Known("ResourceOwner", "The account that owns resources whose ARN names none, as "
              "`arn:aws:iam::account-ID:root`; left out, it is the caller's."),
        Known("CallerArn", "The ARN of the user that makes the request."),
        Known("ContextEntries", "The request context.", Kind.CONTEXT_ENTRY, Count.LIST),
        Known("ResourceHandlingOption", "Which resources of Amazon EC2 the simulation wants, such "
              "as EC2-VPC-InstanceStore."),
        Known("MaxItems", "How many results a page of AWS's answer holds; no decision depends on "
              "it."),
        Known("Marker", "Which page of AWS's answer is wanted; no decision depends on it."),
    ),
    needed=("PolicyInputList", "ActionNames"),
)  # fmt: skip
_CONTEXT_ENTRY = Form(
    "context_entry",
    "A condition key with its values.",
    (
        Known("ContextKeyName", "The condition key, with its service prefix."),
        Known("ContextKeyValues", "Its values.", many=Count.LIST_OF_SOME),
        Known("ContextKeyType", "The type of its values.", Kind.WORD, words=CONTEXT_KEY_TYPES),
    ),
    needed=("ContextKeyName", "ContextKeyValues"),
)  # fmt: skip
_ORGANIZATION_LEVEL = Form(
    "organization_level",
    "One level of an organization: its root, an organizational unit, or an account.",
    (Known("ServiceControlPolicyInputList", "The service control policies of this level.",
           many=Count.LIST),),
)  # fmt: skip

FORMS = {
    Kind.TEST: _TEST,
    Kind.LAYERS: _LAYERS,
    Kind.POLICY: _ENTRY,
    Kind.PRINCIPAL: _PRINCIPAL,
    Kind.STEP: _STEP,
    Kind.DEPENDENT_ACTION: _DEPENDENT_ACTION,
    Kind.EXPECT: _EXPECT,
    Kind.SIMULATE: _SIMULATE,
    Kind.CONTEXT_ENTRY: _CONTEXT_ENTRY,
    Kind.ORGANIZATION_LEVEL: _ORGANIZATION_LEVEL,
}
"""The mapping that a value of each kind is or may be."""

ROOT = _SUITE
"""The mapping that a whole file is."""

SHARED = tuple(field.name for field in _SHARED)
"""The fields that may stand on the suite or on a test."""
SUITE = _SUITE.known
TEST = _TEST.known
LAYERS = _LAYERS.known
ENTRY = _ENTRY.known
PRINCIPAL = _PRINCIPAL.known
STEP = _STEP.known
DEPENDENT_ACTION = _DEPENDENT_ACTION.known
EXPECT = _EXPECT.known
SIMULATE = _SIMULATE.known
CONTEXT_ENTRY = _CONTEXT_ENTRY.known
ORGANIZATION_LEVEL = _ORGANIZATION_LEVEL.known

EXCLUSIVE = _TEST.exclusive
"""Fields of a test that do not stand together; the second is the one that is refused."""

BESIDE = _SUITE.beside
"""Fields of a suite that tell of another one."""

ASKED_BY = ("action", "actions", "all_of", "simulate")
"""What asks about an action: a test has one of these, where its suite has no `action`."""
