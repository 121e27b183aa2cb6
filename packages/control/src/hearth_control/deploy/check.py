"""Whether a plan may be carried out: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hearth_control.deploy.errors import PlanRefusedError
from hearth_control.plan.lint import lint

if TYPE_CHECKING:
    from hearth_control.plan.model import Plan


def check_plan(plan: Plan) -> None:
    """Refuse a plan that has errors, or that breaks a promise of plans, naming all of them.

    Raises:
        PlanRefusedError: its hint is that of the first error.
    """
    errors = plan.errors or lint(plan)
    if not errors:
        return
    first, *others = errors
    more = f" (and {len(others)} more)" if others else ""
    raise PlanRefusedError(
        f"{first.text}{more}",
        hint=first.hint,
        details={"findings": [note.text for note in errors]},
    )
