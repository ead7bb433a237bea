"""The parser of a `.lark` file in `grammar/`, by name, built once.

Lark is imported here and nowhere else, and only when a parser is asked for.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

from policy_eval.text.package_data import packaged_text

if TYPE_CHECKING:
    from lark import Lark, Token, Transformer


def grammar_text(name: str) -> str:
    """Return the text of `grammar/<name>.lark`. Raises FileNotFoundError for an unknown name."""
    return packaged_text("grammar", f"{name}.lark")


@cache
def parser(name: str) -> Lark:
    """Return the LALR parser of `grammar/<name>.lark`, with positions."""
    from lark import Lark

    return Lark(
        grammar_text(name), parser="lalr", propagate_positions=True, maybe_placeholders=False
    )


def building_parser(name: str, builder: object) -> Lark:
    """Return the LALR parser of a grammar that gives what `builder` makes of each rule.

    `builder` has a method for every rule, which takes the rule's children, all tokens among
    them; no tree is kept beside what it makes.
    """
    from lark import Lark

    return Lark(
        grammar_text(name),
        parser="lalr",
        keep_all_tokens=True,
        maybe_placeholders=False,
        transformer=cast("Transformer[Token, object]", builder),  # only its methods are asked for
    )
