"""Completion in bash, which cuts words at colons while actions and ARNs are full of them."""

from __future__ import annotations

from click.shell_completion import BashComplete, CompletionItem, add_completion_class


class _AcrossColons(BashComplete):
    """Joins what bash has cut, and answers with what stands after the last colon."""

    _typed = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        args, incomplete = super().get_completion_args()
        words = [*args, incomplete] if incomplete != ":" else [*args, ":", ""]
        joined: list[str] = []
        for word in words:
            if joined and (word == ":" or joined[-1].endswith(":")):
                joined[-1] += word
            else:
                joined.append(word)
        self._typed = joined.pop()
        return joined, self._typed

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        found = super().get_completions(args, incomplete)
        cut = self._typed.rfind(":") + 1
        return [CompletionItem(item.value[cut:], item.type, item.help) for item in found]


def complete_across_colons() -> None:
    """Make bash completion join words that it cut at colons."""
    add_completion_class(_AcrossColons, "bash")
