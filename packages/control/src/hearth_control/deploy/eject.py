"""Leaving: a compose project that needs no Hearth."""

from __future__ import annotations

from pathlib import Path

from hearth_kit.errors import ConflictError
from hearth_kit.files import make_private, write_atomic

from hearth_control.deploy.check import check_plan
from hearth_control.deploy.errors import writing
from hearth_control.deploy.situation import look, plan_for, require_set_up
from hearth_control.deploy.world import World


class FolderNotEmptyError(ConflictError):
    """The folder to write into holds something already."""

    code = "folder-not-empty"


def eject_to(world: World, folder: Path, *, force: bool) -> tuple[str, ...]:
    """Write the installation as a Compose project of its own; name the files, sorted.

    Secrets that do not exist yet are made, as `up` would make them. They go to `.env` (0600) and
    to `mounted/`; the folder itself is closed to others.

    Raises:
        NotSetUpError: there is no installation.
        FolderNotEmptyError: the folder holds files, and `force` was not given.
        PlanRefusedError: the plan has errors.
        NothingToEjectError: the engine runs no containers.
        HomeNotWritableError, DiskFullError: the folder does not take the files.
    """
    from hearth_control.engine.compose.envfile import env_file
    from hearth_control.engine.compose.mounted import write_mounted
    from hearth_control.render.eject import ENVIRONMENT, eject
    from hearth_control.render.names import MOUNTED
    from hearth_control.secrets.handed import content_of, value_of

    require_set_up(world)
    _check_empty(folder, force=force)
    situation = look(world)
    plan = plan_for(world, situation)
    check_plan(plan)
    if plan.missing_secrets:
        with writing(world.home):
            world.secrets.ensure(plan, situation.catalog)
        plan = plan_for(world, situation)
    artifacts = eject(plan)
    secrets = world.secrets.load(plan.secrets)
    environment = env_file(
        {name: value_of(name, secrets[key]) for name, key in artifacts.secret_variables.items()}
    )
    contents = {file.name: content_of(file, secrets) for file in artifacts.secret_files}
    with writing(folder):
        make_private(folder)
        for name, text in artifacts.files.items():
            _write(folder / name, text)
        write_atomic(folder / ENVIRONMENT, environment, mode=0o600)
        write_mounted(folder / MOUNTED, contents)
    mounted = (f"{MOUNTED}/{name}" for name in contents)
    return tuple(sorted((*artifacts.files, ENVIRONMENT, *mounted)))


def _check_empty(folder: Path, *, force: bool) -> None:
    if force or not folder.is_dir() or not any(folder.iterdir()):
        return
    msg = f"{folder}: is not empty, and files in it might be overwritten"
    raise FolderNotEmptyError(msg, hint=f"hearth eject {folder} --force")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, text)
