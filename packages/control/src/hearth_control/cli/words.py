"""What verbs say to a person, as lines: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from hearth_control.cli.measure import say_seconds, say_size
from hearth_control.cli.note_words import note_lines
from hearth_control.cli.output import Output
from hearth_control.cli.table import Cell, width_of, wrap
from hearth_control.cli.theme import bad, bold, dim, good, typed
from hearth_control.deploy.outcome import Outcome
from hearth_control.deploy.summary import Summary
from hearth_control.engine.events import Failure
from hearth_control.plan.model import Plan, Step, StepKind
from hearth_control.plan.select import Loss

MAX_LOG_LINES: Final = 20

_COUNTED: Final = (
    (StepKind.PULL, "pull", "image"),
    (StepKind.BUILD, "build", "image"),
    (StepKind.CREATE, "create", ""),
    (StepKind.RECREATE, "recreate", ""),
    (StepKind.START, "start", ""),
    (StepKind.RUN, "run", ""),
    (StepKind.STOP, "stop", ""),
    (StepKind.REMOVE, "remove", ""),
)


def plan_in_short(plan: Plan) -> list[str]:
    """Say a plan in a few lines: what kind of change for whom; why where it replaces or removes."""
    lines = []
    for kind, word, noun in _COUNTED:
        steps = [step for step in plan.steps if step.kind is kind]
        if not steps:
            continue
        if kind in (StepKind.RECREATE, StepKind.REMOVE):
            lines += [f"  {word} {bold(step.target)} {dim('— ' + step.cause)}" for step in steps]
        elif noun:
            lines.append(f"  {word} {len(steps)} {noun}{'s' if len(steps) > 1 else ''}")
        else:
            lines.append(f"  {word} {listed(step.target for step in steps)}")
    if plan.unchanged:
        lines.append(dim(f"  {len(plan.unchanged)} already as they should be"))
    return lines


def listed(names: Iterable[str], *, most: int = 8) -> str:
    """Join names with commas; the rest of a long list is counted."""
    all_names = list(names)
    shown = ", ".join(bold(name) for name in all_names[:most])
    rest = len(all_names) - most
    return f"{shown} and {rest} more" if rest > 0 else shown


def doomed_lines(volumes: Sequence[str], sizes: Mapping[str, int]) -> list[str]:
    """Say which volumes would be lost for good and how much is in each, where that is known."""
    lines = [
        f"  {bad('destroys')} {bold(name)}"
        + (f" with {say_size(sizes[name])}" if name in sizes else " and everything in it")
        for name in volumes
    ]
    if len(volumes) > 1 and sizes:
        total = say_size(sum(sizes.get(name, 0) for name in volumes))
        lines.append(f"  {len(volumes)} volumes, {total} in all")
    return lines


def destroyed_lines(steps: Sequence[Step]) -> list[str]:
    """Say what would be lost for good."""
    return [f"  {bad('destroys')} {bold(step.target)}: {step.destroys}" for step in steps]


def failure_lines(failure: Failure, output: Output) -> list[str]:
    """Say why a unit did not come up, everything in one place."""
    lines = [
        "",
        f"{bad(output.symbols.bad)} {bold(failure.unit)} did not come up: {_bare(failure)}",
    ]
    if failure.cause:
        lines += wrap(f"why: {failure.cause}", width=output.width - 4, indent="  ")
    if failure.oom:
        lines.append("  it was killed because it ran out of memory")
    if failure.probe_output:
        lines += [f"  {dim('its check said')}", *_quoted(failure.probe_output.splitlines()[-5:])]
    if failure.log_lines:
        lines += [f"  {dim('the last it wrote')}", *_quoted(failure.log_lines[-MAX_LOG_LINES:])]
    if failure.hint:
        lines.append(f"  {dim(output.symbols.arrow)} {typed(failure.hint)}")
    return lines


def _bare(failure: Failure) -> str:
    """Give the summary without the unit's name, which the line begins with."""
    return failure.summary.removeprefix(f"{failure.unit}: ")


def summary_lines(summary: Summary, outcome: Outcome, output: Output) -> list[str]:
    """Say the end of `up`."""
    lines = [_headline(summary, outcome, output), *_pages(summary)]
    if summary.sign_in and summary.sign_in.first_run:
        lines += ["", "Sign in with this link; it works once:", f"  {bold(summary.sign_in.url)}"]
    if summary.notes:
        lines += ["", "Worth knowing", *note_lines(summary.notes, output)]
    return [
        *lines,
        "",
        f"{dim('next')}  {dim('  ·  ').join(typed(text) for text in summary.next)}",
    ]


def _headline(summary: Summary, outcome: Outcome, output: Output) -> str:
    count = len(summary.up)
    services = "1 service" if count == 1 else f"{count} services"
    if not outcome.is_whole:
        return f"{bad(output.symbols.bad)} {count} of {count + len(summary.not_up)} services are up"
    if not summary.changed:
        verb = "runs" if count == 1 else "run"
        return f"{good(output.symbols.good)} Nothing to do: {services} {verb} as planned"
    verb = "is" if count == 1 else "are"
    took = dim(f"in {say_seconds(summary.seconds)} on the {summary.engine} engine")
    return f"{good(output.symbols.good)} {bold(f'{services} {verb} up')} {took}"


def _pages(summary: Summary) -> list[str]:
    if not summary.changed:
        return []
    with_page = [service for service in summary.up if service.url]
    others = [service.name for service in summary.up if not service.url]
    width = max((width_of(service.name) for service in with_page), default=0)
    lines = [f"  {service.name:<{width}}  {typed(service.url or '')}" for service in with_page]
    if others:
        lines.append(dim(f"  {'and ' if with_page else ''}{', '.join(others)}"))
    return ["", *lines] if lines else []


def _quoted(lines: Iterable[str]) -> list[str]:
    return [f"  {dim('│')} {line.rstrip()}" for line in lines]


def loss_lines(losses: Iterable[Loss]) -> list[str]:
    """Say who loses what when a service goes."""
    lines = []
    for loss in losses:
        name, role = bold(loss.service), bold(loss.role)
        if loss.instead:
            lines.append(f"  {name} takes {role} from {bold(loss.instead)} instead")
        elif loss.required:
            lines.append(f"  {name} {bad('cannot run')} without {role}")
        else:
            lines.append(f"  {name} goes on without {role}")
    return lines


def header(*names: str) -> list[Cell]:
    """Make the heading row of a table."""
    return [Cell(name.upper(), dim) for name in names]
