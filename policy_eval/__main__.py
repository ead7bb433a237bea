"""The entry points: short processes with exit codes that mean one thing each.

Collecting garbage while starting and ending costs a tenth of a cold run and frees nothing that
matters: the collector is off, and what is left is not searched at exit. Exit code 1 is "denied"
and nothing else, so whatever is unforeseen ends with another one.
"""

import gc
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

_UNUSABLE, _INTERRUPTED, _INTERNAL = 2, 130, 70


def can_i() -> None:
    """Run `can-i`."""
    gc.disable()
    from policy_eval.cli.can_i import command

    _run(command, "can-i")


def policy_eval() -> None:
    """Run `policy-eval`."""
    gc.disable()
    from policy_eval.cli.commands import main

    _run(main, "policy-eval")


def _run(command: "click.Command", name: str) -> None:
    import click

    _complete_in_bash(name)
    try:
        code = command.main(prog_name=name, standalone_mode=False) or 0
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = _INTERRUPTED
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = _UNUSABLE
    except OSError as error:
        sys.stderr.write(f"error[output]: {error.strerror or error}\n")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = _UNUSABLE
    except Exception:  # noqa: BLE001 - a mistake of ours is no decision
        import traceback

        traceback.print_exc()
        sys.stderr.write("error[internal]: this is a mistake in policy_eval, not a decision\n")
        code = _INTERNAL
    finally:
        gc.freeze()
    sys.exit(code)


def _complete_in_bash(name: str) -> None:
    variable = f"_{name.replace('-', '_').upper()}_COMPLETE"
    if os.environ.get(variable, "").startswith("bash"):
        from policy_eval.cli.completion import complete_across_colons

        complete_across_colons()


if __name__ == "__main__":
    policy_eval()
