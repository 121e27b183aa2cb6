"""A checked document to frozen values: shorthands and defaults are filled in here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hearth_control.catalog.document import (
    ContainerBlock,
    EmbeddedBlock,
    MemoryBlock,
    MetricsBlock,
    NeedBlock,
    OfferBlock,
    PortBlock,
    ProbeBlock,
    ProcessBlock,
    SecretBlock,
    ServiceBlock,
    ServiceDocument,
    SourcesBlock,
    VariantBlock,
)
from hearth_control.catalog.findings import Path
from hearth_control.catalog.model import (
    Container,
    Embedded,
    Memory,
    Metrics,
    Need,
    Offer,
    Port,
    Probe,
    Process,
    Rotation,
    Route,
    SecretRule,
    Service,
    Sources,
    Upgrade,
    Variable,
    Variant,
)

Faults = list[tuple[Path, str]]
_ROOT = ("x-hearth",)


def service_of(
    document: ServiceDocument,
    *,
    spec: Mapping[str, Any],
    path: str,
    name: str,
    stack: str,
    files: Mapping[str, str],
    faults: Faults,
) -> Service:
    """Build the service; what cannot be filled in is appended to `faults`."""
    block = document.hearth
    containers = _containers(block, spec, faults)
    main = _main(block, containers, name, faults)
    return Service(
        name=name,
        stack=block.stack or stack,
        title=block.title,
        summary=block.summary,
        home=block.home,
        licence=block.licence,
        path=path,
        containers=containers,
        main=main,
        volumes={key: value or {} for key, value in document.volumes.items()},
        configs=dict(files),
        ports=_ports(block, containers, main, faults),
        route=_route(block),
        metrics=_metrics(block.metrics, containers, faults),
        needs={role: _need(need) for role, need in block.needs.items()},
        wants={role: _need(need) for role, need in block.wants.items()},
        offers={role: _offer(offer) for role, offer in block.offers.items()},
        secrets={key: _secret(secret) for key, secret in block.secrets.items()},
        secret_files=dict(block.secret_files),
        variables={
            key: Variable(
                default=one.default,
                about=one.about,
                choices=tuple(one.choices),
                models={family: dict(tags) for family, tags in one.models.items()},
            )
            for key, one in block.variables.items()
        },
        sources=_sources(block.sources),
        embedded=_embedded(block.embedded),
        egress=block.egress,
        lan=block.lan,
        backup=dict(block.backup),
        disk=block.disk or 0,
        upgrade=Upgrade(stop_at=tuple(block.upgrade.stop_at), formats=dict(block.upgrade.formats)),
        uid=block.uid,
        stateless=block.stateless,
        code=tuple(block.code),
    )


def _containers(
    block: ServiceBlock, spec: Mapping[str, Any], faults: Faults
) -> tuple[Container, ...]:
    blocks = dict(block.containers)
    for name in blocks:
        if name not in spec:
            faults.append(((*_ROOT, "containers", name), "names no container of this file"))
    lasting = [name for name in spec if name not in blocks or not blocks[name].job]
    own = {"memory", "probe", "variants", "hardening"} & block.model_fields_set
    if own and len(lasting) == 1:
        blocks[lasting[0]] = _laid_over(block, blocks.get(lasting[0], ContainerBlock()))
    elif spec:
        faults.extend(
            ((*_ROOT, key), "say it for each container under `x-hearth.containers`")
            for key in sorted(own)
        )
    return tuple(_container(name, spec[name], blocks.get(name)) for name in spec)


def _laid_over(block: ServiceBlock, given: ContainerBlock) -> ContainerBlock:
    """Take what the service says for its one container where that says nothing itself."""
    return ContainerBlock.model_construct(
        job=given.job,
        when=given.when,
        egress=given.egress,
        memory=given.memory or block.memory,
        probe=given.probe or block.probe,
        variants=given.variants or block.variants,
        hardening=given.hardening or block.hardening,
    )


def _container(name: str, spec: Mapping[str, Any], block: ContainerBlock | None) -> Container:
    given = block or ContainerBlock()
    return Container(
        name=name,
        spec=spec,
        job=given.job,
        when=given.when,
        egress=given.egress,
        memory=_memory(given.memory),
        probe=_probe(given.probe),
        variants={kind: _variant(variant) for kind, variant in given.variants.items()},
        hardening=dict(given.hardening),
    )


def _main(block: ServiceBlock, containers: tuple[Container, ...], name: str, faults: Faults) -> str:
    names = [container.name for container in containers]
    if block.main is not None:
        if block.main not in names:
            faults.append(((*_ROOT, "main"), f"names no container of this file: `{block.main}`"))
        return block.main
    if name in names:
        return name
    if not names:
        # What only exists elsewhere has nothing to run here.
        if not block.sources.external:
            faults.append((("services",), "should not be empty"))
        return name
    lasting = [container.name for container in containers if not container.job]
    if len(lasting) == 1:
        return lasting[0]
    choices = ", ".join(f"`{one}`" for one in lasting or names)
    faults.append((_ROOT, f"`main` is missing; name one of {choices}"))
    return names[0]


def _ports(
    block: ServiceBlock, containers: tuple[Container, ...], main: str, faults: Faults
) -> tuple[Port, ...]:
    given = [(_field("ports", index), one) for index, one in enumerate(block.ports)]
    if block.port is not None:
        given.insert(0, ((*_ROOT, "port"), PortBlock(offset=block.port)))
    exposed = {container.name: _first_exposed(container) for container in containers}
    ports = []
    for place, one in given:
        container = one.container or main
        inner = one.inner or exposed.get(container)
        if inner is None:
            faults.append((place, f"give `expose` to container `{container}` or `inner` here"))
        ports.append(
            Port(
                offset=one.offset,
                container=container,
                inner=inner or 0,
                name=one.name,
                protocol=one.protocol,
            )
        )
    return tuple(ports)


def _field(name: str, index: int) -> Path:
    return (*_ROOT, name, index)


def _first_exposed(container: Container) -> int | None:
    for one in container.spec.get("expose") or ():
        text = str(one).partition("/")[0]
        if text.isascii() and text.isdigit():
            return int(text)
    return None


def _route(block: ServiceBlock) -> Route | None:
    if block.route is None:
        return None
    given = block.route
    return Route(
        name=given.name,
        container=given.container,
        port=given.port,
        access=given.access,
        open_paths=tuple(given.open_paths),
    )


def _metrics(
    block: MetricsBlock | None, containers: tuple[Container, ...], faults: Faults
) -> Metrics | None:
    if block is None:
        return None
    if block.container is not None and all(one.name != block.container for one in containers):
        what = f"names no container of this file: `{block.container}`"
        faults.append(((*_ROOT, "metrics", "container"), what))
    return Metrics(port=block.port, path=block.path, container=block.container)


def _need(block: NeedBlock) -> Need:
    return Need(
        database=block.database,
        roles=tuple(block.roles),
        extensions=tuple(block.extensions),
        bucket=block.bucket,
        share=block.share,
        when=block.when,
    )


def _offer(block: OfferBlock) -> Offer:
    return Offer(
        url=block.url,
        user=block.user,
        secret=block.secret,
        provision=block.provision,
        accounts=block.accounts,
        api=block.api,
        model=block.model,
        dimensions=block.dimensions,
    )


def _secret(block: SecretBlock) -> SecretRule:
    return SecretRule(
        kind=block.kind,
        bytes=block.bytes,
        length=block.length,
        prefix=block.prefix,
        parent=block.parent,
        claims=dict(block.claims),
        user=block.user,
        change=block.change,
        volume=block.volume,
        optional=block.optional,
        role=block.role,
        about=block.about or "",
        rotate=None
        if block.rotate is None
        else Rotation(
            command=tuple(block.rotate.command),
            check=tuple(block.rotate.check) if block.rotate.check else None,
            container=block.rotate.container,
        ),
    )


def _memory(block: MemoryBlock | None) -> Memory | None:
    return None if block is None else Memory(typical=block.typical, limit=block.limit)


def _probe(block: ProbeBlock | None) -> Probe | None:
    if block is None:
        return None
    return Probe(port=block.port, http=block.http, accept=tuple(block.accept), start=block.start)


def _variant(block: VariantBlock) -> Variant:
    return Variant(image=block.image, spec=dict(block.spec), vram=block.vram)


def _sources(block: SourcesBlock) -> Sources:
    port = block.localhost.port if block.localhost else None
    return Sources(localhost_port=port, external=block.external)


def _embedded(block: EmbeddedBlock | None) -> Embedded | None:
    if block is None:
        return None
    return Embedded(
        builtin=block.builtin,
        processes={name: _process(one) for name, one in block.processes.items()},
    )


def _process(block: ProcessBlock) -> Process:
    return Process(
        command=tuple(block.command),
        environment=dict(block.environment),
        before=tuple(tuple(argv) for argv in block.before),
        ready_http=block.ready_http,
        ready_command=tuple(block.ready_command),
        start_seconds=block.start,
    )
