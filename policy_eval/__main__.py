"""The entry points: short processes, so garbage is left to the end of them.

Collecting garbage while starting and ending costs a tenth of a cold run and frees nothing that
matters; the collector is off, and what is left is not searched at exit.
"""

import gc


def can_i() -> None:
    """Run `can-i`."""
    gc.disable()
    from policy_eval.cli.can_i import command

    try:
        command()
    finally:
        gc.freeze()


def policy_eval() -> None:
    """Run `policy-eval`."""
    gc.disable()
    from policy_eval.cli import main

    try:
        main()
    finally:
        gc.freeze()


if __name__ == "__main__":
    policy_eval()
