"""Models: which there are, which are in use, and what fetching and using one changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Final
from urllib.parse import urlsplit

from hearth_control.deploy.errors import writing
from hearth_control.deploy.preferences import WrongValueError
from hearth_control.deploy.setup import set_up
from hearth_control.deploy.situation import load_choices
from hearth_control.deploy.world import World
from hearth_control.models.errors import ModelInUseError, NoModelError, UnknownModelError
from hearth_control.models.fetch import Fetcher
from hearth_control.models.load import load_models
from hearth_control.models.model import CARD, TOKENIZER, WEIGHTS, Model, Task
from hearth_control.models.store import ModelStore, State, Told
from hearth_control.settings.model import Settings

BUILTIN: Final = "builtin"
HUB: Final = "MODELS_HUB"
KIND: Final = "LAMBDA_EMBEDDER"
FOLDERS: Final[Mapping[Task, str]] = {
    Task.EMBEDDING: "LAMBDA_EMBEDDER_MODEL_DIR",
    Task.RERANKING: "LAMBDA_RERANKER_MODEL_DIR",
}
PINS: Final[Mapping[Task, str]] = {
    Task.EMBEDDING: "LAMBDA_EMBEDDER_SHA256",
    Task.RERANKING: "LAMBDA_RERANKER_SHA256",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A model and what of it is here."""

    model: Model
    state: State
    in_use: bool
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse:
    """What the settings say: a model's name, a folder, or a service that is asked.

    `kind` is `builtin`, `onnx`, `openai` or, of a reranker that there is not, `none`.
    """

    kind: str
    what: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """Every model, and what search uses."""

    models: tuple[Listed, ...]
    embedder: InUse
    reranker: InUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What was changed so that a model is used; None took a key out."""

    name: str
    task: Task
    settings: Mapping[str, str | None]


def list_models(world: World) -> Models:
    """Say which models there are, what of them is here, and which are in use."""
    known = known_models(world)
    _, settings = load_choices(world)
    store = ModelStore(world.home)
    used = {Path(folder) for folder in _folders_in_use(settings) if folder}
    listed = tuple(
        Listed(
            model=model,
            state=store.state(model),
            in_use=store.folder(model) in used,
            folder=store.folder(model),
        )
        for model in known.values()
    )
    return Models(
        models=listed, embedder=_embedder(settings, listed), reranker=_reranker(settings, listed)
    )


def known_models(world: World) -> Mapping[str, Model]:
    """Read which models there are."""
    return load_models(world.root / "catalog", home=world.home)


def get_model(world: World, name: str) -> Model:
    """Find a model by name, whatever the case of its letters.

    Raises:
        UnknownModelError: there is none; its hint is the nearest.
    """
    from hearth_kit.settings import nearest

    known = known_models(world)
    for model in known.values():
        if model.name.casefold() == name.casefold():
            return model
    near = nearest(name, known)
    raise UnknownModelError(
        f"{name}: there is no model with this name",
        hint=f"hearth models pull {near}" if near else "hearth models list",
        details={"model": name, "models": list(known)},
    )


def pull_model(world: World, name: str, *, hub: str | None, tell: Told) -> Listed:
    """Bring a model here, unless it is here and whole.

    Raises:
        UnknownModelError: there is none of that name.
        WrongValueError: the hub is none that files can be fetched from.
        ModelsBusyError, NoRoomError, HubDownError, HubRefusedError, WrongBytesError: see there.
        HomeNotWritableError, DiskFullError: the home cannot be written.
    """
    model = get_model(world, name)
    _, settings = load_choices(world)
    address = hub or settings.origins[HUB].value
    if urlsplit(address).scheme not in {"http", "https"}:
        msg = f"{HUB}: should be an address with https, found `{address}`"
        raise WrongValueError(msg, hint=f"hearth settings unset {HUB}")
    store = ModelStore(world.home)
    fetcher = Fetcher(again=f"hearth models pull {model.name}", authorities=settings.authorities)
    with writing(world.home):
        folder = store.pull(model, hub=address, fetcher=fetcher, tell=tell)
    in_use = str(folder) in _folders_in_use(settings)
    return Listed(model=model, state=State.HERE, in_use=in_use, folder=folder)


def use_model(world: World, name: str, *, task: Task | None, hub: str | None, tell: Told) -> Used:
    """Have search use a model: of the catalog, in a folder, or `builtin`, which is none.

    `task` says what a folder's model is for, where the folder does not.

    Raises:
        NoModelError: the folder holds no model.
        UnknownModelError and what else `pull_model` raises: nothing was changed.
    """
    if name == BUILTIN:
        keys = (KIND, FOLDERS[Task.EMBEDDING], PINS[Task.EMBEDDING])
        return _written(world, Used(name=name, task=Task.EMBEDDING, settings=dict.fromkeys(keys)))
    if "/" in name or name in {".", ".."}:
        folder = Path(name).expanduser().resolve()
        task = task or _task_of(folder)
        pin = None
    else:
        pulled = pull_model(world, name, hub=hub, tell=tell)
        name, folder, task = pulled.model.name, pulled.folder, pulled.model.task
        pin = pulled.model.file(WEIGHTS).sha256
    settings: dict[str, str | None] = {FOLDERS[task]: str(folder), PINS[task]: pin}
    if task is Task.EMBEDDING:
        settings = {KIND: "onnx", **settings}
    return _written(world, Used(name=name, task=task, settings=settings))


def leave_reranker(world: World) -> Used:
    """Have search rerank no more."""
    keys = (FOLDERS[Task.RERANKING], PINS[Task.RERANKING])
    used = Used(name="none", task=Task.RERANKING, settings=dict.fromkeys(keys))
    return _written(world, used)


def remove_model(world: World, name: str) -> int:
    """Take a model away and give the bytes that this frees.

    Raises:
        UnknownModelError: there is none of that name.
        ModelInUseError: search uses it.
    """
    model = get_model(world, name)
    _, settings = load_choices(world)
    store = ModelStore(world.home)
    if str(store.folder(model)) in _folders_in_use(settings):
        msg = f"{model.name}: search uses this model, so it stays"
        instead = BUILTIN if model.task is Task.EMBEDDING else "--no-reranker"
        raise ModelInUseError(msg, hint=f"hearth models use {instead}")
    with writing(world.home):
        return store.remove(model)


def _written(world: World, used: Used) -> Used:
    set_up(world, used.settings)
    return used


def _task_of(folder: Path) -> Task:
    """Say what a folder's model is for: as it says itself, else embedding.

    Raises:
        NoModelError: a file that a model needs is missing.
    """
    import json

    for name in (WEIGHTS, TOKENIZER):
        if not (folder / name).is_file():
            msg = f"{folder}: is no folder of a model: `{name}` is missing"
            raise NoModelError(msg, hint=f"ls -l {quote(str(folder))}")
    try:
        said = json.loads((folder / CARD).read_text(encoding="utf-8"))
        return Task(said["task"])
    except (OSError, ValueError, KeyError, TypeError):
        return Task.EMBEDDING


def _folders_in_use(settings: Settings) -> tuple[str, ...]:
    folders = [settings.variables.get(FOLDERS[Task.RERANKING], "")]
    if settings.variables.get(KIND) == "onnx":
        folders.append(settings.variables.get(FOLDERS[Task.EMBEDDING], ""))
    return tuple(folders)


def _embedder(settings: Settings, listed: tuple[Listed, ...]) -> InUse:
    said = settings.variables
    kind = said.get(KIND, BUILTIN)
    if kind == "onnx":
        return InUse(kind=kind, what=_name_of(said.get(FOLDERS[Task.EMBEDDING], ""), listed))
    if kind == "openai":
        where = said.get("LAMBDA_EMBEDDER_URL", "") or "the service that offers `llm`"
        return InUse(kind=kind, what=f"{said.get('LAMBDA_EMBEDDER_MODEL', '')} at {where}")
    return InUse(kind=kind)


def _reranker(settings: Settings, listed: tuple[Listed, ...]) -> InUse:
    folder = settings.variables.get(FOLDERS[Task.RERANKING], "")
    return InUse(kind="onnx", what=_name_of(folder, listed)) if folder else InUse(kind="none")


def _name_of(folder: str, listed: tuple[Listed, ...]) -> str:
    names = (one.model.name for one in listed if str(one.folder) == folder)
    return next(names, folder)
