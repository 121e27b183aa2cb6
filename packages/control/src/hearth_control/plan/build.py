"""From placed services to units: scopes, drafts, who comes first, networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from hearth_control.catalog.model import Catalog, Source
from hearth_control.engine.observed import Observed
from hearth_control.host.model import Host
from hearth_control.plan.backups import backups_of, goes_out, with_mounts
from hearth_control.plan.buckets import accounts_file
from hearth_control.plan.containers import Surroundings, finish, has_check
from hearth_control.plan.databases import Access, accesses, asked
from hearth_control.plan.draft import Draft, draft
from hearth_control.plan.interpolate import Resolver, Scope
from hearth_control.plan.keys import Wanted
from hearth_control.plan.lan import lan_networks, lan_of
from hearth_control.plan.model import (
    Bucket,
    Database,
    Gateway,
    Network,
    Note,
    Published,
    Unit,
)
from hearth_control.plan.names import secret_key, variable_name
from hearth_control.plan.networks import Member, flat, outlived_notes, range_notes, segmented
from hearth_control.plan.place import Placed
from hearth_control.plan.ports import host_port, is_beyond, named_ports, public_url
from hearth_control.plan.processes import main_process, process_names, process_units
from hearth_control.plan.routes import routed_container
from hearth_control.plan.secret_files import secret_file
from hearth_control.plan.variables import ROLE_PARTS, Namespace, Reached, namespace
from hearth_control.plan.watch import collector_of
from hearth_control.plan.wire import HOST_FROM_CONTAINER
from hearth_control.plan.wiring import reached_roles, server_unit
from hearth_control.settings.model import Networks, Settings

PROVISION_FORM = 2
"""Raised when the rendered SQL changes its meaning, so that it runs again everywhere."""
GATEWAY_FORM = 1
"""Raised when a gateway's or the tunnel's rendered file changes its meaning, for the same end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One service with everything that it reaches."""

    placed: Placed
    reached: Mapping[str, Reached]
    accesses: tuple[Access, ...]
    namespace: Namespace


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What all of building reads and nothing of it changes."""

    catalog: Catalog
    settings: Settings
    host: Host
    observed: Observed
    fingerprints: Mapping[str, str]
    root: str
    wanted: Mapping[str, Wanted]
    serving: Mapping[str, Placed]
    published: Sequence[Published]
    databases: Sequence[Database]
    buckets: Sequence[Bucket]
    gateway: Gateway | None
    door: Placed | None

    @property
    def secret_keys(self) -> dict[str, str]:
        """Map each variable that may stay in the rendered file to the secret's key."""
        return {variable_name(key): key for key in self.wanted}


@dataclass(slots=True)
class Built:
    """What building gives."""

    units: list[Unit] = field(default_factory=list)
    networks: tuple[Network, ...] = ()
    configs: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


def site_of(placed: Placed, ground: Ground) -> Site:
    """Collect what one service reaches and may name."""
    reached = reached_roles(placed, ground.serving, ground.settings, ground.catalog)
    for role in _roles_of_absent(placed, ground) & reached.keys() - placed.service.needs.keys():
        del reached[role]
    held = accesses(placed.service, ground.catalog)
    names = namespace(
        placed,
        settings=ground.settings,
        reached=reached,
        accesses=held,
        known_secrets=ground.wanted.keys(),
        host_port=host_port(placed, ground.settings),
        named_ports=named_ports(placed, ground.settings),
        public_url=public_url(placed, ground.settings, door=ground.door),
    )
    return Site(placed=placed, reached=reached, accesses=held, namespace=names)


def _roles_of_absent(placed: Placed, ground: Ground) -> set[str]:
    """Name the roles that only those containers use which have nothing to do here."""
    written = ground.catalog.services[placed.name].containers
    here = {container.name for container in placed.service.containers}
    if len(here) == len(written):
        return set()
    used: dict[bool, set[str]] = {True: set(), False: set()}
    for container in written:
        resolver = Resolver(Scope(values={}))
        resolver.resolve(container.spec)
        used[container.name in here] |= resolver.used
    absent = used[False] - used[True]
    return {
        role
        for role in asked(placed.service)
        if any(variable_name(role, part) in absent for part in ROLE_PARTS)
        and not any(variable_name(role, part) in used[True] for part in ROLE_PARTS)
    }


def build(sites: Sequence[Site], ground: Ground) -> Built:
    """Build every unit that runs here."""
    built = Built()
    by_name = _by_name(sites)
    for site in sites:
        if site.placed.source is Source.EMBEDDED:
            _add_processes(site, by_name, ground=ground, built=built)
    drafts = _drafts(sites, ground, built)
    if drafts:
        _add_containers(drafts, sites, ground=ground, built=built)
    return built


def _drafts(sites: Sequence[Site], ground: Ground, built: Built) -> list[Draft]:
    drafts = []
    held = backups_of([site.placed for site in sites], ground.serving)
    for site in sites:
        if site.placed.source is not Source.CONTAINER:
            continue
        for container in site.placed.service.containers:
            made, notes = draft(site.placed, container, namespace=site.namespace, root=ground.root)
            made = with_mounts(made, held, ground.settings.variables)
            drafts.append(_with_accounts(_with_logins(made, site, ground), site, ground))
            built.notes.extend(notes)
            built.configs.update(made.files)
    named: dict[str, set[str]] = {}
    for made in drafts:
        named.setdefault(made.placed.name, set()).update(made.roles)
    by_name = _by_name(sites)
    return [
        _with_unused_roles(made, named[made.placed.name], by_name[made.placed.name])
        for made in drafts
    ]


def _with_logins(made: Draft, site: Site, ground: Ground) -> Draft:
    """Hand the job that makes databases every password that it sets."""
    jobs = {offer.provision for offer in site.placed.service.offers.values()}
    if made.name not in jobs:
        return made
    keys = [
        key
        for database in ground.databases
        if database.provider == site.placed.name
        for _login, key in database.roles
    ]
    files = [secret_file(key) for key in keys]
    paths = {f"{variable_name(file.name)}_FILE": file.target for file in files}
    spec = {**made.spec, "environment": {**made.spec.get("environment", {}), **paths}}
    every = tuple(dict.fromkeys((*made.secret_files, *files)))
    return replace(made, spec=spec, secret_files=every)


def _with_accounts(made: Draft, site: Site, ground: Ground) -> Draft:
    """Hand the container of a store the accounts that its consumers come with."""
    if made.name not in {offer.accounts for offer in site.placed.service.offers.values()}:
        return made
    file = accounts_file(site.placed.name, ground.buckets)
    return replace(made, secret_files=(*made.secret_files, file))


def _with_unused_roles(made: Draft, named: AbstractSet[str], site: Site) -> Draft:
    """Give roles that no container of a service names to all its lasting containers."""
    if made.container.job:
        return made
    return replace(made, roles=made.roles | (site.reached.keys() - named))


def _add_containers(
    drafts: Sequence[Draft], sites: Sequence[Site], *, ground: Ground, built: Built
) -> None:
    by_name = _by_name(sites)
    opened: dict[str, list[Published]] = {}
    for port in ground.published:
        opened.setdefault(port.container, []).append(port)
    members = tuple(
        _member(made, by_name[made.placed.name], ground, opened=opened.get(made.name, ()))
        for made in drafts
    )
    for site in sites:
        built.notes.extend(lan_of(site.placed, ground.settings, ground.host)[1])
    built.networks, notes = _networks(members, ground)
    built.notes.extend(notes)
    around = Surroundings(
        project=ground.settings.project,
        networks=_by_member(built.networks),
        published=opened,
        needs={made.name: _needs(made, by_name[made.placed.name], by_name) for made in drafts},
        jobs=frozenset(made.name for made in drafts if made.container.job),
        checked=frozenset(made.name for made in drafts if has_check(made)),
        extra=_extras(drafts, ground),
        secret_keys=ground.secret_keys,
        fingerprints=ground.fingerprints,
        uses_host=frozenset(member.unit for member in members if member.host),
    )
    built.units.extend(finish(made, around) for made in drafts)


def _networks(
    members: Sequence[Member], ground: Ground
) -> tuple[tuple[Network, ...], tuple[Note, ...]]:
    settings, observed, routes = ground.settings, ground.observed, ground.host.routes
    lans = lan_networks(members, settings.project)
    if settings.networks is Networks.FLAT:
        return (*flat(members), *lans), ()
    bridges = (*observed.networks.values(), *observed.foreign_subnets)
    refused = range_notes(settings.network_range, routes, bridges)
    networks, notes = segmented(
        members,
        project=settings.project,
        existing=observed.networks,
        avoid=(*routes, *observed.foreign_subnets),
        within=settings.network_range,
        routes_inside=observed.routes_inside,
    )
    return (*networks, *lans), refused or notes or outlived_notes(observed.outlived)


def _by_member(networks: Sequence[Network]) -> dict[str, list[Network]]:
    joined: dict[str, list[Network]] = {}
    for network in networks:
        for member in network.members:
            joined.setdefault(member, []).append(network)
    return joined


def _member(made: Draft, site: Site, ground: Ground, *, opened: Sequence[Published]) -> Member:
    uses = [site.reached[role] for role in sorted(made.roles) if role in site.reached]
    sources = {use.provider.source for use in uses}
    service = made.placed.service
    # As the file says it: one container that comes or goes must not recreate the others.
    several = len(ground.catalog.services[service.name].containers) > 1
    return Member(
        unit=made.name,
        service=service.name,
        uses={
            use.role: server_unit(use.provider, use.offer)
            for use in uses
            if use.provider.source is Source.CONTAINER
        },
        own=several,
        egress=(
            service.egress
            and made.container.egress
            and goes_out(service, ground.settings.variables)
        )
        or Source.EXTERNAL in sources,
        # An address that a person wrote may name this host as containers do.
        host=bool(sources & {Source.LOCALHOST, Source.EMBEDDED})
        or any(use.endpoint.host == HOST_FROM_CONTAINER for use in uses),
        published=bool(opened),
        beyond=any(is_beyond(port.bind) for port in opened),
        routed=routed_container(made.placed) == made.name,
        gateway=ground.gateway is not None
        and ground.gateway.service == service.name
        and service.main == made.name,
        lan=lan_of(site.placed, ground.settings, ground.host)[0]
        if made.name == service.main
        else None,
        collector=collector_of(made.placed, made.name, ground.serving),
    )


def _needs(made: Draft, site: Site, sites: Mapping[str, Site]) -> tuple[str, ...]:
    """Name the units that must be ready before a container: its own, then its providers'."""
    needs = [name for name in made.after if name != made.name]
    for role in sorted(made.roles & site.placed.service.needs.keys() & site.reached.keys()):
        use = site.reached[role]
        if use.provider.source is not Source.CONTAINER:
            continue
        needs.append(server_unit(use.provider, use.offer))
        if use.offer.provision and any(access.role == role for access in site.accesses):
            needs.append(use.offer.provision)
    needs.extend(_sharing(site, sites))
    return tuple(dict.fromkeys(needs))


def _sharing(site: Site, sites: Mapping[str, Site]) -> Iterator[str]:
    """Name the units whose database a service shares: they make its tables."""
    owners = {access.owner for access in site.accesses} - {site.placed.name}
    for other in (sites[name] for name in sorted(owners & sites.keys())):
        if other.placed.runs_here:
            embedded = other.placed.source is Source.EMBEDDED
            yield main_process(other.placed) if embedded else other.placed.service.main


def _extras(drafts: Sequence[Draft], ground: Ground) -> dict[str, Any]:
    """Say what else a hash covers: databases for who makes them, routes for the gateway."""
    extras: dict[str, Any] = {}
    for made in drafts:
        service = made.placed.service
        if any(offer.provision == made.name for offer in service.offers.values()):
            made_here = [asdict(each) for each in ground.databases if each.provider == service.name]
            extras[made.name] = {"form": PROVISION_FORM, "databases": made_here}
        if ground.gateway and ground.gateway.service == service.name == made.placed.name:
            extras[made.name] = {"form": GATEWAY_FORM, **_told(ground.gateway)}
        if ground.gateway and ground.gateway.tunnel == made.name:
            hosts = [route.host for route in ground.gateway.routes]
            extras[made.name] = {"form": GATEWAY_FORM, "to": ground.gateway.service, "hosts": hosts}
    return extras


def _told(gateway: Gateway) -> dict[str, Any]:
    """Give what the gateway's file says; of several replicas it only says that they are several."""
    routes = (replace(route, replicas=min(route.replicas, 2)) for route in gateway.routes)
    return asdict(replace(gateway, routes=tuple(routes)))


def _add_processes(site: Site, sites: Mapping[str, Site], *, ground: Ground, built: Built) -> None:
    own = {
        variable_name(secret_key(site.placed.name, name)): secret_key(site.placed.name, name)
        for name in site.placed.service.secrets
        if secret_key(site.placed.name, name) in ground.wanted
    }
    needs = [
        server_unit(use.provider, use.offer)
        for _role, use in sorted(site.reached.items())
        if use.required and use.provider.source is Source.EMBEDDED
    ]
    units = process_units(
        site.placed,
        namespace=site.namespace,
        port=host_port(site.placed, ground.settings),
        needs=tuple(dict.fromkeys((*needs, *_sharing(site, sites)))),
        own_secrets=own,
        secret_keys=ground.secret_keys,
        fingerprints=ground.fingerprints,
    )
    for unit, notes in units:
        built.units.append(unit)
        built.notes.extend(notes)


def unit_names(placed: Placed) -> tuple[str, ...]:
    """Name the units that a service becomes."""
    if placed.source is Source.CONTAINER:
        return tuple(container.name for container in placed.service.containers)
    return process_names(placed) if placed.source is Source.EMBEDDED else ()


def _by_name(sites: Sequence[Site]) -> dict[str, Site]:
    return {site.placed.name: site for site in sites}
