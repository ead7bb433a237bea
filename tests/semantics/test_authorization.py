"""How layers combine: the formula, its laws, and which layer decided."""

from __future__ import annotations

from itertools import product

import pytest

from policy_eval.semantics.authorization import (
    MAYBE,
    NO,
    YES,
    Allows,
    Bounds,
    Case,
    Everyone,
    Found,
    Grant,
    LayerState,
    Presence,
    Side,
    Word,
    decide,
    decided_by,
    granted,
    granting_layers,
)
from policy_eval.semantics.layers import Layer

_NONE: Allows[bool] = Allows(
    identity=False, boundary=True, session=True, direct=False, everyone_of_arn=False,
    everyone=False, of_session=False, account=False, scp=True, rcp=True, endpoint=True,
)  # fmt: skip


def _granted(side: Side, said: dict[str, bool], read_as: Everyone = Everyone.NOTHING_MORE) -> bool:
    return granted(side, _NONE._replace(**said), read_as, True)


@pytest.mark.parametrize(
    ("side", "said", "expected"),
    [
        (Side.NEITHER, {"scp": False}, True),
        (Side.EITHER, {"identity": True}, True),
        (Side.EITHER, {"identity": True, "boundary": False}, False),
        (Side.EITHER, {"identity": True, "session": False}, False),
        (Side.EITHER, {"direct": True, "boundary": False, "session": False}, True),
        (Side.EITHER, {"everyone": True, "boundary": False, "session": False}, True),
        (Side.EITHER, {"of_session": True}, True),
        (Side.EITHER, {"of_session": True, "boundary": False}, False),
        (Side.EITHER, {"of_session": True, "session": False}, False),
        (Side.EITHER, {"account": True}, False),
        (Side.GUARDED, {"identity": True}, False),
        (Side.GUARDED, {"account": True}, False),
        (Side.GUARDED, {"account": True, "identity": True}, True),
        (Side.GUARDED, {"account": True, "identity": True, "boundary": False}, False),
        (Side.GUARDED, {"direct": True, "boundary": False}, True),
        (Side.BOTH, {"identity": True}, False),
        (Side.BOTH, {"direct": True}, False),
        (Side.BOTH, {"account": True, "identity": True}, True),
        (Side.BOTH, {"direct": True, "identity": True, "session": False}, False),
        (Side.RESOURCE, {"identity": True}, False),
        (Side.RESOURCE, {"everyone": True}, True),
        (Side.IDENTITY, {"direct": True}, False),
        (Side.IDENTITY, {"identity": True}, True),
    ],
)
def test_the_layers_combine(side: Side, said: dict[str, bool], expected: bool) -> None:
    assert _granted(side, said) is expected


@pytest.mark.parametrize("limit", ["scp", "rcp", "endpoint"])
@pytest.mark.parametrize("side", [side for side in Side if side is not Side.NEITHER])
def test_each_limit_must_allow(side: Side, limit: str) -> None:
    everything = dict.fromkeys(Allows._fields, True)

    assert _granted(side, everything)
    assert not _granted(side, {**everything, limit: False})


@pytest.mark.parametrize(
    ("everyone", "boundary", "expected"),
    [
        (Everyone.NOTHING_MORE, False, True),
        (Everyone.LIMITS, False, False),
        (Everyone.LIMITS, True, True),
        (Everyone.NEVER, True, False),
    ],
)
def test_what_a_grant_to_everyone_needs(everyone: Everyone, boundary: bool, expected: bool) -> None:
    said = {"everyone": True, "boundary": boundary}

    assert _granted(Side.EITHER, said, everyone) is expected


@pytest.mark.parametrize("everyone", list(Everyone))
@pytest.mark.parametrize("side", list(Side))
def test_granting_is_monotone(side: Side, everyone: Everyone) -> None:
    for values in product((False, True), repeat=len(Allows._fields)):
        allows: Allows[bool] = Allows(*values)
        less = granted(side, allows, everyone, True)
        for name in Allows._fields:
            assert less <= granted(side, allows._replace(**{name: True}), everyone, True)


def _case(side: Side = Side.EITHER, **states: LayerState) -> Case:
    layers = {layer: states.get(layer.value, LayerState(Presence.NONE)) for layer in Layer}
    if "identity" not in states:
        layers[Layer.IDENTITY] = LayerState(Presence.GIVEN)
    return Case(side, layers)


def _found(allows: Bounds, denies: Bounds, **grants: Bounds) -> Found[Bounds]:
    return Found(
        {Layer.IDENTITY: allows},
        {Layer.IDENTITY: denies},
        {Grant[name]: bounds for name, bounds in grants.items()},
    )


@pytest.mark.parametrize(
    ("allows", "denies", "word", "allowed"),
    [
        (YES, NO, Word.ALLOWED, True),
        (NO, NO, Word.IMPLICIT_DENY, False),
        (YES, YES, Word.EXPLICIT_DENY, False),
        (NO, YES, Word.EXPLICIT_DENY, False),
        (MAYBE, NO, Word.UNDETERMINED, None),
        (YES, MAYBE, Word.UNDETERMINED, None),
        (NO, MAYBE, Word.UNDETERMINED, False),
        (MAYBE, YES, Word.EXPLICIT_DENY, False),
    ],
)
def test_what_is_sure_decides(
    allows: Bounds, denies: Bounds, word: Word, allowed: bool | None
) -> None:
    assert decide(_case(), _found(allows, denies)) == (word, allowed)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (LayerState(Presence.NONE), (Word.ALLOWED, True)),
        (LayerState(Presence.NOT_APPLICABLE), (Word.ALLOWED, True)),
        (LayerState(Presence.GIVEN), (Word.IMPLICIT_DENY, False)),
        (LayerState(Presence.NOTHING), (Word.IMPLICIT_DENY, False)),
        (LayerState(Presence.UNKNOWN), (Word.UNDETERMINED, None)),
        (LayerState(Presence.GIVEN, hangs_on="aws:ViaAWSService"), (Word.UNDETERMINED, None)),
    ],
)
def test_a_limit_counts_as_it_is_there(
    state: LayerState, expected: tuple[Word, bool | None]
) -> None:
    assert decide(_case(session=state), _found(YES, NO)) == expected


def test_a_layer_that_may_not_apply_denies_only_perhaps() -> None:
    case = _case(endpoint=LayerState(Presence.GIVEN, hangs_on="aws:ViaAWSService"))
    found = Found({Layer.IDENTITY: YES, Layer.ENDPOINT: YES}, {Layer.ENDPOINT: YES}, {})

    assert decide(case, found) == (Word.UNDETERMINED, None)


def test_an_unknown_policy_of_the_resource_may_deny_what_is_denied_anyway() -> None:
    case = _case(Side.BOTH, resource=LayerState(Presence.UNKNOWN))

    assert decide(case, _found(NO, NO)) == (Word.UNDETERMINED, False)
    assert decided_by(case, Word.UNDETERMINED, _found(NO, NO)) is Layer.IDENTITY


def test_nothing_denies_what_needs_no_permission() -> None:
    assert decide(_case(Side.NEITHER), _found(NO, YES)) == (Word.ALLOWED, True)
    assert decided_by(_case(Side.NEITHER), Word.ALLOWED, _found(NO, YES)) is None
    assert granting_layers(_case(Side.NEITHER), _found(NO, YES)) == ()


def test_resource_control_policies_always_allow() -> None:
    case = _case(rcp=LayerState(Presence.GIVEN))

    assert decide(case, _found(YES, NO)) == (Word.ALLOWED, True)


_RESOURCE = LayerState(Presence.GIVEN)


@pytest.mark.parametrize(
    ("case", "found", "layer"),
    [
        (_case(), _found(YES, NO), Layer.IDENTITY),
        (_case(resource=_RESOURCE), _found(NO, NO, DIRECT=YES), Layer.RESOURCE),
        (_case(resource=_RESOURCE), _found(YES, NO, ACCOUNT=YES), Layer.IDENTITY),
        (_case(Side.BOTH, resource=_RESOURCE), _found(YES, NO, ACCOUNT=YES), Layer.RESOURCE),
        (_case(identity=LayerState(Presence.BY_ITSELF)), _found(NO, NO), None),
    ],
)
def test_the_layer_that_granted(case: Case, found: Found[Bounds], layer: Layer | None) -> None:
    assert decided_by(case, Word.ALLOWED, found) is layer


@pytest.mark.parametrize(
    ("case", "found", "layer"),
    [
        (_case(), _found(NO, NO), Layer.IDENTITY),
        (_case(resource=_RESOURCE), _found(NO, NO), Layer.IDENTITY),
        (_case(Side.BOTH, resource=_RESOURCE), _found(NO, NO), Layer.RESOURCE),
        (_case(Side.BOTH, resource=_RESOURCE), _found(NO, NO, DIRECT=YES), Layer.IDENTITY),
        (_case(boundary=_RESOURCE), _found(YES, NO), Layer.BOUNDARY),
        (_case(boundary=_RESOURCE), _found(NO, NO), Layer.IDENTITY),
        (
            _case(resource=_RESOURCE, boundary=_RESOURCE),
            _found(NO, NO, OF_SESSION=YES),
            Layer.BOUNDARY,
        ),
        (_case(scp=_RESOURCE, boundary=_RESOURCE), _found(NO, NO), Layer.SCP),
    ],
)
def test_the_layer_that_kept_it_denied(case: Case, found: Found[Bounds], layer: Layer) -> None:
    assert decided_by(case, Word.IMPLICIT_DENY, found) is layer


@pytest.mark.parametrize(
    ("case", "found", "layers"),
    [
        (_case(), _found(YES, NO), (Layer.IDENTITY,)),
        (_case(resource=_RESOURCE), _found(NO, NO, DIRECT=YES), (Layer.RESOURCE,)),
        (
            _case(resource=_RESOURCE),
            _found(YES, NO, DIRECT=YES),
            (Layer.RESOURCE, Layer.IDENTITY),
        ),
        (
            _case(Side.GUARDED, resource=_RESOURCE),
            _found(YES, NO, ACCOUNT=YES),
            (Layer.RESOURCE, Layer.IDENTITY),
        ),
    ],
)
def test_the_layers_whose_allows_granted(
    case: Case, found: Found[Bounds], layers: tuple[Layer, ...]
) -> None:
    assert granting_layers(case, found) == layers
