"""Naive evaluation of identity-based IAM policies, written from iam-semantics.md alone.

The oracle exists to disagree with the engine.  It shares no code and no idea with it; every
function names the rules it follows.  It favours the rule's wording over speed.

How ambiguity is carried: a *choice* fixes one reading of every name that the context spells in
several ways (R-COND-04).  A test is computed once per choice; if the results differ, the test
takes the restrictive side, which is "false in an Allow, true in a Deny".
"""

from __future__ import annotations

import binascii
import calendar
import datetime
import ipaddress
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

# --------------------------------------------------------------------------------------------
# The request
# --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OracleRequest:
    """One request of an IAM principal, as far as identity-based policies look at it."""

    action: str
    resource: str
    context: tuple[tuple[str, tuple[str, ...]], ...]
    multivalued: frozenset[str]
    single_valued: frozenset[str]
    partition: str = "aws"
    account: str = "111122223333"


Values = tuple[str, ...]
"""The values of one context key; the empty tuple means that the key is absent (R-COND-36)."""

Choice = Mapping[str, Values]
"""For each variable name as spelled in the policy: the values it is taken to stand for."""


@lru_cache(maxsize=10_000)
def fold(text: str) -> str:
    """Lower-case each character whose lower case is one character (R-COND-03, C.2, point 9)."""
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)


def is_declared(name: str, declared: frozenset[str]) -> bool:
    """Whether a key is in a set of folded names and of folded prefixes ending in "/"."""
    folded = fold(name)
    return any(
        folded == entry or (entry.endswith("/") and folded.startswith(entry)) for entry in declared
    )


def is_multivalued(name: str, values: Values, request: OracleRequest) -> bool:
    """Decide by the declared type, and by the count where there is none (R-COND-34)."""
    return len(values) > 1 or is_declared(name, request.multivalued)


def candidates(name: str, request: OracleRequest) -> list[Values]:
    """The value lists that a key name may stand for: at least one (R-COND-03, R-COND-04).

    The exact spelling wins; otherwise each spelling is a candidate.  A key with an empty value
    list is absent (R-COND-36), so it is no candidate.  ``[()]`` says that the key is absent.
    """
    present = [(spelled, values) for spelled, values in request.context if values]
    exact = [values for spelled, values in present if spelled == name]
    if exact:
        return exact
    folded = [values for spelled, values in present if fold(spelled) == fold(name)]
    return folded or [()]


# --------------------------------------------------------------------------------------------
# Documents as plain data
# --------------------------------------------------------------------------------------------


def as_list(value: object) -> list[object]:
    """A bare value stands for a list of one (R-GRAM-09)."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def as_texts(value: object) -> list[str]:
    """Scalars compare by their text; ``true`` is "true" (R-GRAM-09, R-GRAM-10)."""
    texts: list[str] = []
    for item in as_list(value):
        if isinstance(item, bool):
            texts.append("true" if item else "false")
        else:
            texts.append(str(item))
    return texts


def as_object(value: object) -> dict[str, object]:
    """A JSON object as a dictionary (R-GRAM-01)."""
    if not isinstance(value, Mapping):
        raise TypeError(f"expected an object, got {value!r}")
    return {str(name): member for name, member in value.items()}


# --------------------------------------------------------------------------------------------
# Policy variables (section D)
# --------------------------------------------------------------------------------------------

BLANKS = " \t"
SPECIALS = ("*", "?", "$")


@dataclass(frozen=True)
class Variable:
    """One ``${name}`` or ``${name, 'default'}`` with its source text (R-VAR-01, R-VAR-06)."""

    source: str
    name: str
    default: str | None


Piece = str | Variable
"""One character of a policy value, or one variable in it."""


def skip_blanks(text: str, position: int) -> int:
    """The first position at or after ``position`` that holds no blank (R-VAR-06)."""
    while position < len(text) and text[position] in BLANKS:
        position += 1
    return position


def read_variable(text: str, start: int) -> Variable | None:
    """Read the variable that starts at ``text[start:start + 2] == "${"`` (R-VAR-06).

    Name, then optionally ``, '``, the default up to the next ``'``, then blanks and ``}``.
    Blanks just inside the braces are let pass.  None: not a variable, hence literal (R-VAR-14).
    """
    name_start = skip_blanks(text, start + 2)
    position = name_start
    while position < len(text):
        if text[position] in BLANKS or text[position] == "}" or text.startswith(", '", position):
            break
        position += 1
    name = text[name_start:position]
    default: str | None = None
    if text.startswith(", '", position):
        default_start = position + len(", '")
        default_end = text.find("'", default_start)
        if default_end < 0:
            return None
        default = text[default_start:default_end]
        position = default_end + 1
    position = skip_blanks(text, position)
    if not name or text[position : position + 1] != "}":
        return None
    return Variable(text[start : position + 1], name, default)


def split_pieces(text: str, substitute: bool) -> list[Piece]:
    """Cut a policy value into characters and variables (R-VAR-01, R-VAR-02, R-VAR-14)."""
    pieces: list[Piece] = []
    position = 0
    while position < len(text):
        variable = None
        if substitute and text.startswith("${", position):
            variable = read_variable(text, position)
        if variable is None:
            pieces.append(text[position])
            position += 1
        else:
            pieces.append(variable)
            position += len(variable.source)
    return pieces


def resolve(variable: Variable, choice: Choice, request: OracleRequest) -> str | None:
    """The literal text of a variable; None if unresolved (R-VAR-05, -06, -09, -10, -12)."""
    if variable.name in SPECIALS:
        return variable.name
    values = choice[variable.name]
    if is_multivalued(variable.name, values, request):
        return None
    if values and values[0] != "":
        return values[0]
    return variable.default


def choices(texts: Iterable[str], substitute: bool, request: OracleRequest) -> Iterator[Choice]:
    """Every combination of candidates for the variables of some texts (R-COND-04, point 5)."""
    names: list[str] = []
    for text in texts:
        for piece in split_pieces(text, substitute):
            if not isinstance(piece, Variable) or piece.name in SPECIALS:
                continue
            if piece.name not in names:
                names.append(piece.name)
    for combination in itertools.product(*(candidates(name, request) for name in names)):
        yield dict(zip(names, combination, strict=True))


def agreed_or_restrictive(outcomes: set[bool], effect: str) -> bool:
    """The common outcome of all readings; else false in Allow, true in Deny (R-COND-04)."""
    if len(outcomes) == 1:
        return outcomes.pop()
    return effect == "Deny"


# --------------------------------------------------------------------------------------------
# Globs
# --------------------------------------------------------------------------------------------

CHARACTER = "this character"
ONE = "any one character"
ONE_NO_COLON = "any one character but a colon"
RUN = "any characters"
RUN_NO_COLON = "any characters but colons"

Token = tuple[str, str]
"""A kind of token and, for CHARACTER, the character."""


def token_accepts(token: Token, char: str) -> bool:
    """Whether a token can stand for (or take up) a character (R-ACT-02, R-RES-04)."""
    kind, wanted = token
    if kind == CHARACTER:
        return char == wanted
    if kind in (ONE_NO_COLON, RUN_NO_COLON):
        return char != ":"
    return True


def with_empty_runs(places: set[int], tokens: Sequence[Token]) -> set[int]:
    """Add the places reached by letting a run match nothing (R-RES-02, R-ACT-02)."""
    reached: set[int] = set()
    for place in places:
        reached.add(place)
        while place < len(tokens) and tokens[place][0] in (RUN, RUN_NO_COLON):
            place += 1
            reached.add(place)
    return reached


def glob(tokens: Sequence[Token], text: str) -> bool:
    """Anchored glob by dynamic programming over the text (R-EXT-03).

    ``places`` holds every n such that the first n tokens match the text read so far.
    """
    places = with_empty_runs({0}, tokens)
    for char in text:
        following: set[int] = set()
        for place in places:
            if place == len(tokens) or not token_accepts(tokens[place], char):
                continue
            is_run = tokens[place][0] in (RUN, RUN_NO_COLON)
            following.add(place if is_run else place + 1)
        places = with_empty_runs(following, tokens)
    return len(tokens) in places


Mark = tuple[str, bool]
"""A character of a policy value, and whether it is a wildcard written in the policy."""


def plain_tokens(marks: Iterable[Mark]) -> list[Token]:
    """Tokens of a glob whose wildcards cross everything (R-ACT-02, R-EXT-03, StringLike)."""
    tokens: list[Token] = []
    for char, wild in marks:
        if not wild:
            tokens.append((CHARACTER, char))
        else:
            tokens.append((RUN if char == "*" else ONE, ""))
    return tokens


def marks_of_text(text: str) -> list[Mark]:
    """Marks of a text without variables: each ``*`` and ``?`` is a wildcard (R-VAR-02)."""
    return [(char, char in "*?") for char in text]


# --------------------------------------------------------------------------------------------
# Action and Resource
# --------------------------------------------------------------------------------------------


def action_pattern_matches(pattern: str, action: str) -> bool:
    """One listed action pattern against the request's action (R-ACT-01 to 03, R-ACT-06)."""
    if pattern == "*":
        return True
    if ":" not in pattern or ":" not in action:
        return False
    pattern_prefix, pattern_name = fold(pattern).split(":", 1)
    prefix, name = fold(action).split(":", 1)
    return glob(plain_tokens(marks_of_text(pattern_prefix)), prefix) and glob(
        plain_tokens(marks_of_text(pattern_name)), name
    )


def action_matches(statement: Mapping[str, object], request: OracleRequest) -> bool:
    """The Action or NotAction element (R-ACT-04, R-ACT-05, R-GRAM-11)."""
    negated = "NotAction" in statement
    patterns = as_texts(statement["NotAction" if negated else "Action"])
    listed = any(action_pattern_matches(pattern, request.action) for pattern in patterns)
    return listed != negated


TEXT = "text"
WILD = "wildcard"
SEPARATOR = "separator"

Cell = tuple[str, str]
"""A character of a resource pattern, and its role: TEXT, WILD or SEPARATOR."""


def resource_cells(
    pattern: str, substitute: bool, choice: Choice, request: OracleRequest
) -> list[Cell] | None:
    """Give each character of a resource pattern its role; None: unresolved (R-VAR-08).

    Variables count after the fifth colon only; an earlier one is literal text and its colons are
    not counted (R-RES-08).  The first five colons separate fields.
    """
    cells: list[Cell] = []
    separators = 0
    for piece in split_pieces(pattern, substitute):
        if isinstance(piece, Variable):
            text: str | None = piece.source
            if separators == 5:
                text = resolve(piece, choice, request)
            if text is None:
                return None
            cells.extend((char, TEXT) for char in text)
        elif piece == ":" and separators < 5:
            cells.append((piece, SEPARATOR))
            separators += 1
        else:
            cells.append((piece, WILD if piece in "*?" else TEXT))
    return cells


def resource_tokens(cells: Sequence[Cell]) -> list[Token]:
    """Translate a resource pattern left to right (R-RES-03, R-RES-04)."""
    tokens: list[Token] = []
    separators = 0
    for index, (char, role) in enumerate(cells):
        ends_field = index + 1 == len(cells) or cells[index + 1][1] == SEPARATOR
        in_first_five = separators < 5
        if role == WILD and char == "*":
            tokens.append((RUN_NO_COLON if in_first_five and not ends_field else RUN, ""))
        elif role == WILD:
            tokens.append((ONE_NO_COLON if in_first_five else ONE, ""))
        else:
            tokens.append((CHARACTER, char))
        if role == SEPARATOR:
            separators += 1
    return tokens


def resource_pattern_matches(
    pattern: str, resource: str, substitute: bool, choice: Choice, request: OracleRequest
) -> bool:
    """One listed resource pattern against one resource (R-RES-01 to R-RES-08, R-VAR-08).

    A short pattern is completed with ``*`` fields; one that ends in ``*`` is also tried as
    written (R-RES-05).
    """
    cells = resource_cells(pattern, substitute, choice, request)
    if cells is None:
        return False
    missing_fields = 5 - sum(role == SEPARATOR for _, role in cells)
    star_field: list[Cell] = [(":", SEPARATOR), ("*", WILD)]
    if glob(resource_tokens(cells + star_field * missing_fields), resource):
        return True
    ends_in_star = bool(cells) and cells[-1] == ("*", WILD)
    return missing_fields > 0 and ends_in_star and glob(resource_tokens(cells), resource)


OVERRIDES = {
    "s3:listallmybuckets": "arn:{partition}:s3:::*",
    "iam:listusers": "arn:{partition}:iam::{account}:user/",
    "iam:listroles": "arn:{partition}:iam::{account}:role/",
    "iam:listgroups": "arn:{partition}:iam::{account}:group/",
    "iam:listpolicies": "arn:{partition}:iam::{account}:policy/",
    "iam:listinstanceprofiles": "arn:{partition}:iam::{account}:instance-profile/",
    "iam:listservercertificates": "arn:{partition}:iam::{account}:server-certificate/",
}


def resource_alternatives(request: OracleRequest) -> list[str]:
    """The request's resource, and for ``*`` the ARN some services send (R-RES-09)."""
    template = OVERRIDES.get(fold(request.action))
    if request.resource != "*" or template is None:
        return [request.resource]
    return ["*", template.format(partition=request.partition, account=request.account)]


def resource_matches(
    statement: Mapping[str, object], version_2012: bool, request: OracleRequest
) -> bool:
    """The Resource or NotResource element (R-RES-09 to R-RES-11, R-COND-04, R-GRAM-11)."""
    negated = "NotResource" in statement
    patterns = as_texts(statement["NotResource" if negated else "Resource"])
    outcomes: set[bool] = set()
    for choice in choices(patterns, version_2012, request):
        listed = any(
            resource_pattern_matches(pattern, resource, version_2012, choice, request)
            for pattern in patterns
            for resource in resource_alternatives(request)
        )
        outcomes.add(listed != negated)
    return agreed_or_restrictive(outcomes, str(statement["Effect"]))


# --------------------------------------------------------------------------------------------
# Typed views of context and policy values
# --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Number:
    """``coefficient * 10 ** exponent``, exact at any size (R-COND-11)."""

    coefficient: int
    exponent: int


NUMBER = re.compile(r"([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))(?:[eE]([+-]?[0-9]+))?")
EPOCH = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
ISO_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})"
    r"(?:-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?"
)


def read_number(text: str) -> Number | None:
    """Sign, digits with fraction, exponent; nothing else (R-COND-11, R-EXT-06, point 7)."""
    found = NUMBER.fullmatch(text)
    if found is None:
        return None
    sign, whole, fraction, bare_fraction, exponent = found.groups(default="")
    fraction += bare_fraction
    coefficient = int(sign + whole + fraction)
    return Number(coefficient, int(exponent or "0") - len(fraction))


def compare_numbers(left: Number, right: Number) -> int:
    """-1, 0 or 1, in decimal arithmetic and without writing out huge powers (R-COND-11)."""

    def sign(number: int) -> int:
        return (number > 0) - (number < 0)

    def magnitude(number: Number) -> int:
        return len(str(abs(number.coefficient))) + number.exponent

    if sign(left.coefficient) != sign(right.coefficient) or left.coefficient == 0:
        return sign(sign(left.coefficient) - sign(right.coefficient))
    if magnitude(left) != magnitude(right):
        return sign(left.coefficient) * sign(magnitude(left) - magnitude(right))
    lowest = min(left.exponent, right.exponent)
    left_scaled = left.coefficient * 10 ** (left.exponent - lowest)
    right_scaled = right.coefficient * 10 ** (right.exponent - lowest)
    return sign(left_scaled - right_scaled)


def read_zone(text: str) -> int | None:
    """Seconds east of UTC; no zone means UTC (R-COND-12, R-COND-13)."""
    if text in ("", "Z"):
        return 0
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:
        return None
    seconds = hours * 3600 + minutes * 60
    return -seconds if text[0] == "-" else seconds


def read_date(text: str) -> Number | None:
    """An instant as epoch seconds (R-COND-12, R-COND-13, point 7)."""
    if EPOCH.fullmatch(text):
        return read_number(text)
    found = ISO_DATE.fullmatch(text)
    if found is None:
        return None
    year_text, month_text, day_text, hour_text, minute_text, second_text, fraction, zone_text = (
        found.groups(default="")
    )
    year, month, day = int(year_text), int(month_text), int(day_text or "1")
    hour, minute, second = int(hour_text or "0"), int(minute_text or "0"), int(second_text or "0")
    zone = read_zone(zone_text)
    if year < 1 or not 1 <= month <= 12 or zone is None:
        return None
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    epoch_day = datetime.date(1970, 1, 1).toordinal()
    days = datetime.date(year, month, day).toordinal() - epoch_day
    seconds = days * 86400 + hour * 3600 + minute * 60 + second - zone
    coefficient = seconds * 10 ** len(fraction) + int(fraction or "0")
    return Number(coefficient, -len(fraction))


def read_numeric(key: str, text: str) -> Number | None:
    """A context value for Numeric*; aws:EpochTime may also be a date (R-COND-14)."""
    number = read_number(text)
    if number is None and fold(key) == "aws:epochtime":
        return read_date(text)
    return number


def read_bool(text: str) -> bool | None:
    """``true`` or ``false`` in any case (R-COND-15)."""
    return {"true": True, "false": False}.get(fold(text))


BASE64 = re.compile(
    r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})?"
)


def read_bytes(text: str) -> bytes | None:
    """Standard base64 with padding, strictly (R-COND-16, point 8)."""
    if BASE64.fullmatch(text) is None:
        return None
    return binascii.a2b_base64(text)


@dataclass(frozen=True)
class Network:
    """An address block; ``prefix`` counts the bits that matter (R-COND-17)."""

    version: int
    bits: int
    address: int
    prefix: int


def read_network(text: str) -> Network | None:
    """A CIDR or a bare address; no zone ids, no netmask notation (R-COND-17, point 8)."""
    address_text, slash, prefix_text = text.partition("/")
    if "%" in address_text:
        return None
    try:
        address = ipaddress.ip_address(address_text)
    except ValueError:
        return None
    prefix: int = address.max_prefixlen
    if slash:
        if re.fullmatch(r"0|[1-9][0-9]{0,2}", prefix_text) is None:
            return None
        prefix = int(prefix_text)
    if prefix > address.max_prefixlen:
        return None
    return Network(address.version, address.max_prefixlen, int(address), prefix)


def read_address(text: str) -> Network | None:
    """A context address, which may carry a full-length mask only (R-COND-17)."""
    network = read_network(text)
    if network is None or network.prefix != network.bits:
        return None
    return network


def network_contains(network: Network, address: Network) -> bool:
    """Families never mix; host bits of the policy value are ignored (R-COND-17, R-EXT-08)."""
    if network.version != address.version:
        return False
    ignored = network.bits - network.prefix
    return network.address >> ignored == address.address >> ignored


def read_arn(text: str) -> list[str] | None:
    """Six components, cut at the first five colons (R-COND-18, R-COND-19)."""
    components = text.split(":", 5)
    return components if len(components) == 6 else None


def split_arn_pattern(marks: Sequence[Mark]) -> list[list[Mark]] | None:
    """Cut an ARN pattern at its first five colons, after substitution (R-VAR-11)."""
    components: list[list[Mark]] = [[]]
    for char, wild in marks:
        if char == ":" and len(components) < 6:
            components.append([])
        else:
            components[-1].append((char, wild))
    return components if len(components) == 6 else None


# --------------------------------------------------------------------------------------------
# Condition operators
# --------------------------------------------------------------------------------------------

STRING, IGNORE_CASE, LIKE = "String", "StringIgnoreCase", "StringLike"
NUMERIC, DATE, BOOL, BINARY = "Numeric", "Date", "Bool", "Binary"
IP, ARN, NULL = "IpAddress", "Arn", "Null"

BASES: dict[str, tuple[str, str, bool]] = {
    "StringEquals": (STRING, "", False),
    "StringNotEquals": (STRING, "", True),
    "StringEqualsIgnoreCase": (IGNORE_CASE, "", False),
    "StringNotEqualsIgnoreCase": (IGNORE_CASE, "", True),
    "StringLike": (LIKE, "", False),
    "StringNotLike": (LIKE, "", True),
    "NumericEquals": (NUMERIC, "=", False),
    "NumericNotEquals": (NUMERIC, "=", True),
    "NumericLessThan": (NUMERIC, "<", False),
    "NumericLessThanEquals": (NUMERIC, "<=", False),
    "NumericGreaterThan": (NUMERIC, ">", False),
    "NumericGreaterThanEquals": (NUMERIC, ">=", False),
    "DateEquals": (DATE, "=", False),
    "DateNotEquals": (DATE, "=", True),
    "DateLessThan": (DATE, "<", False),
    "DateLessThanEquals": (DATE, "<=", False),
    "DateGreaterThan": (DATE, ">", False),
    "DateGreaterThanEquals": (DATE, ">=", False),
    "Bool": (BOOL, "", False),
    "BinaryEquals": (BINARY, "", False),
    "IpAddress": (IP, "", False),
    "NotIpAddress": (IP, "", True),
    "ArnEquals": (ARN, "", False),
    "ArnLike": (ARN, "", False),
    "ArnNotEquals": (ARN, "", True),
    "ArnNotLike": (ARN, "", True),
    "Null": (NULL, "", False),
}
FOLDED_BASES = {fold(name): row for name, row in BASES.items()}
FOR_ALL = "forallvalues:"
FOR_ANY = "foranyvalue:"
IF_EXISTS = "ifexists"


@dataclass(frozen=True)
class Operator:
    """An operator name taken apart (R-COND-07)."""

    qualifier: str
    family: str
    relation: str
    negated: bool
    if_exists: bool

    @property
    def substitutes(self) -> bool:
        """Whether variables are replaced in this operator's values (R-VAR-03, R-VAR-04)."""
        return self.family in (STRING, IGNORE_CASE, LIKE, ARN, BOOL)


@lru_cache(maxsize=1_000)
def read_operator(name: str) -> Operator:
    """``[ForAllValues:|ForAnyValue:]Base[IfExists]``, in any case (R-COND-07, R-GRAM-08)."""
    rest = fold(name)
    qualifier = next((word for word in (FOR_ALL, FOR_ANY) if rest.startswith(word)), "")
    rest = rest[len(qualifier) :]
    if_exists = rest.endswith(IF_EXISTS)
    if if_exists:
        rest = rest[: -len(IF_EXISTS)]
    if rest not in FOLDED_BASES:
        raise ValueError(f"unknown condition operator {name!r}")
    family, relation, negated = FOLDED_BASES[rest]
    return Operator(qualifier, family, relation, negated, if_exists)


def relation_holds(left: Number | None, relation: str, right: Number | None) -> bool:
    """Context value *relation* policy value (table C.2)."""
    if left is None or right is None:
        return False
    order = compare_numbers(left, right)
    if relation == "=":
        return order == 0
    if relation == "<":
        return order < 0
    if relation == "<=":
        return order <= 0
    if relation == ">":
        return order > 0
    return order >= 0


def arn_matches(marks: Sequence[Mark], value: str) -> bool:
    """Six components, each its own case-sensitive glob (R-COND-18, R-COND-20)."""
    patterns, components = split_arn_pattern(marks), read_arn(value)
    if patterns is None or components is None:
        return False
    return all(
        glob(plain_tokens(pattern), component)
        for pattern, component in zip(patterns, components, strict=True)
    )


def value_matches(operator: Operator, key: str, value: str, marks: Sequence[Mark]) -> bool:
    """One context value against one policy value, negation left aside (table C.2, R-COND-10)."""
    text = "".join(char for char, _ in marks)
    family = operator.family
    if family == STRING:
        return value == text
    if family == IGNORE_CASE:
        return fold(value) == fold(text)
    if family == LIKE:
        return glob(plain_tokens(marks), value)
    if family == NUMERIC:
        return relation_holds(read_numeric(key, value), operator.relation, read_number(text))
    if family == DATE:
        return relation_holds(read_date(value), operator.relation, read_date(text))
    if family == BOOL:
        return read_bool(value) is not None and read_bool(value) == read_bool(text)
    if family == BINARY:
        return read_bytes(value) is not None and read_bytes(value) == read_bytes(text)
    if family == IP:
        network, address = read_network(text), read_address(value)
        return network is not None and address is not None and network_contains(network, address)
    return arn_matches(marks, value)


def is_readable(operator: Operator, key: str, value: str) -> bool:
    """Whether the operator's view of a context value exists (R-COND-42, R-COND-43)."""
    family = operator.family
    if family == NUMERIC:
        return read_numeric(key, value) is not None
    if family == DATE:
        return read_date(value) is not None
    if family == BOOL:
        return read_bool(value) is not None
    if family == BINARY:
        return read_bytes(value) is not None
    if family == IP:
        return read_address(value) is not None
    if family == ARN:
        return read_arn(value) is not None
    return True


# --------------------------------------------------------------------------------------------
# Condition tests
# --------------------------------------------------------------------------------------------


def is_null(values: Values) -> bool:
    """Absent, or nothing but empty strings (R-COND-36, R-COND-37)."""
    return all(value == "" for value in values)


def expand(
    text: str, substitute: bool, choice: Choice, request: OracleRequest
) -> list[Mark] | None:
    """Replace the variables of one condition value; None: unresolved (R-VAR-07, R-VAR-10)."""
    marks: list[Mark] = []
    for piece in split_pieces(text, substitute):
        if not isinstance(piece, Variable):
            marks.append((piece, piece in "*?"))
            continue
        replacement = resolve(piece, choice, request)
        if replacement is None:
            return None
        marks.extend((char, False) for char in replacement)
    return marks


def is_malformed(operator: Operator, marks: Sequence[Mark]) -> bool:
    """Whether a value that may hold variables came out malformed (R-COND-41, point 3)."""
    if operator.family == ARN:
        return split_arn_pattern(marks) is None
    if operator.family == BOOL:
        return read_bool("".join(char for char, _ in marks)) is None
    return False


def null_test(operator: Operator, policy_values: Sequence[str], values: Values) -> bool:
    """Presence; with a set operator a constant (R-COND-21, R-COND-22, R-COND-37)."""
    if operator.qualifier:
        return operator.qualifier == FOR_ALL
    wanted = "true" if is_null(values) else "false"
    return any(fold(text) == wanted for text in policy_values)


def presence_test(
    operator: Operator,
    key: str,
    patterns: Sequence[Sequence[Mark]],
    values: Values,
    effect: str,
    request: OracleRequest,
) -> bool:
    """Everything but Null, with the policy's values resolved and well-formed.

    R-COND-01, -05, -25, -27, -30 to -37, -40.
    """

    def passes(value: str) -> bool:
        listed = any(value_matches(operator, key, value, marks) for marks in patterns)
        return listed != operator.negated

    if operator.qualifier == FOR_ALL:
        # R-COND-30: vacuously true without values; IfExists adds nothing (R-COND-27).
        return is_null(values) or all(passes(value) for value in values)
    if operator.qualifier == FOR_ANY:
        if not values and operator.if_exists:
            # R-COND-27: documented conflict; "take the restrictive side".
            return effect == "Deny"
        # R-COND-31: false without values, also with a negated base.
        return not is_null(values) and any(passes(value) for value in values)
    if not values:
        # R-COND-05, R-COND-25.
        return operator.if_exists or operator.negated
    if is_multivalued(key, values, request):
        # R-COND-34 (3): a set operator is missing.
        return False
    return passes(values[0])


def condition_test_holds(
    operator: Operator,
    key: str,
    policy_values: Sequence[str],
    effect: str,
    version_2012: bool,
    request: OracleRequest,
) -> bool:
    """One key of one operator, over all readings of ambiguous names (R-COND-04, R-COND-41)."""
    substitute = version_2012 and operator.substitutes
    outcomes: set[bool] = set()
    for values in candidates(key, request):
        for choice in choices(policy_values, substitute, request):
            if operator.family == NULL:
                outcomes.add(null_test(operator, policy_values, values))
                continue
            expanded = [expand(text, substitute, choice, request) for text in policy_values]
            patterns = [marks for marks in expanded if marks is not None]
            if any(is_malformed(operator, marks) for marks in patterns):
                outcomes.add(effect == "Deny")
            else:
                outcomes.add(presence_test(operator, key, patterns, values, effect, request))
    return agreed_or_restrictive(outcomes, effect)


def condition_test_is_unreadable(operator: Operator, key: str, request: OracleRequest) -> bool:
    """Whether the test would read a value that cannot be read (R-COND-42, points 1 and 5)."""
    if operator.family == NULL:
        return False
    for values in candidates(key, request):
        if len(values) > 1 and is_declared(key, request.single_valued):
            return True
        if operator.qualifier and is_null(values):
            continue
        if not all(is_readable(operator, key, value) for value in values):
            return True
    return False


def condition_tests(
    statement: Mapping[str, object],
) -> Iterator[tuple[Operator, str, list[str]]]:
    """Operator, key and policy values of each test of a statement (R-COND-01, R-GRAM-11)."""
    for name, block in as_object(statement.get("Condition", {})).items():
        for key, values in as_object(block).items():
            yield read_operator(name), key, as_texts(values)


# --------------------------------------------------------------------------------------------
# The decision
# --------------------------------------------------------------------------------------------


def statement_is_unreadable(statement: Mapping[str, object], request: OracleRequest) -> bool:
    """Whether evaluating the statement is an input error (R-COND-42, point 1)."""
    return action_matches(statement, request) and any(
        condition_test_is_unreadable(operator, key, request)
        for operator, key, _ in condition_tests(statement)
    )


def statement_applies(
    statement: Mapping[str, object], version_2012: bool, request: OracleRequest
) -> bool:
    """Action, resource and the whole condition block (R-COND-02, R-EXT-07)."""
    effect = str(statement["Effect"])
    return (
        action_matches(statement, request)
        and resource_matches(statement, version_2012, request)
        and all(
            condition_test_holds(operator, key, values, effect, version_2012, request)
            for operator, key, values in condition_tests(statement)
        )
    )


def decide(documents: Sequence[Mapping[str, object]], request: OracleRequest) -> str:
    """Return allowed, explicitDeny, implicitDeny or error (R-EVAL-01, R-EVAL-02, R-GRAM-05)."""
    statements = [
        (as_object(statement), document.get("Version") == "2012-10-17")
        for document in documents
        for statement in as_list(document["Statement"])
    ]
    if any(statement_is_unreadable(statement, request) for statement, _ in statements):
        return "error"
    effects = {
        str(statement["Effect"])
        for statement, version_2012 in statements
        if statement_applies(statement, version_2012, request)
    }
    if "Deny" in effects:
        return "explicitDeny"
    return "allowed" if "Allow" in effects else "implicitDeny"
