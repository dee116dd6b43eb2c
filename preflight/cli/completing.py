"""What a shell offers to complete: ids of rules, names of formats."""

from __future__ import annotations


def ids(incomplete: str) -> list[str]:
    """Return the ids of rules that begin as what is written, in capitals or not; after a comma, of the next one."""
    from preflight.api.rule_pages import rule_ids

    given, comma, begun = incomplete.rpartition(",")
    return [f"{given}{comma}{rule}" for rule in rule_ids() if rule.startswith(begun.upper())]


def formats(incomplete: str) -> list[str]:
    """Return the formats that begin as what is written."""
    from preflight.report.formats import FORMATS

    return [name for name in FORMATS if name.startswith(incomplete)]


def complete_at_first_tab() -> None:
    """Let typer's script for zsh complete at the first Tab, too.

    zsh runs the file of a completion in place of its function when it loads it, so the file has to call the function.
    """
    from typer import _completion_shared as scripts

    called = '\n\nif [ "$funcstack[1]" = "_%(prog_name)s" ]; then\n  %(complete_func)s "$@"\nfi\n'
    scripts._completion_scripts["zsh"] = scripts.COMPLETION_SCRIPT_ZSH + called
