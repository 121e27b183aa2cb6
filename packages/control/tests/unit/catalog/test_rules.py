from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from builders import container, service
from hearth_control.catalog.model import (
    Catalog,
    Need,
    Offer,
    Port,
    Preset,
    Probe,
    Route,
    SecretKind,
    SecretRule,
    Service,
    Variable,
)
from hearth_control.catalog.rules import check, check_structure

pytestmark = pytest.mark.unit

HEALTHY = {"test": ["CMD", "true"], "start_period": "10s"}


def sound(name: str, **changes: Any) -> Service:
    """Build a service that no rule has anything against, and lay changes over it."""
    spec = {"healthcheck": HEALTHY, **changes.pop("spec", {})}
    containers = changes.pop("containers", (container(name, spec=spec),))
    return service(name, containers=containers, **changes)


def catalog(*services: Service, presets: tuple[Preset, ...] = ()) -> Catalog:
    return Catalog(
        services={one.name: one for one in services},
        presets={one.name: one for one in presets},
    )


def said(*services: Service, presets: tuple[Preset, ...] = ()) -> list[str]:
    return [
        str(finding).removeprefix("catalog/03-apps/")
        for finding in check(catalog(*services, presets=presets))
    ]


PORT = Port(offset=7, container="one", inner=80)
ASKS = {"store": Need()}

CASES = {
    "sound": ((sound("one"),), []),
    "port-taken": (
        (sound("one", ports=(PORT,)), sound("two", ports=(replace(PORT, container="two"),))),
        [
            "two/compose.yaml: x-hearth.port: offset 7 belongs to `one`; take one that is free",
        ],
    ),
    "route-taken": (
        (sound("one", route=Route(name="a")), sound("two", route=Route(name="a"))),
        ["two/compose.yaml: x-hearth.route: `a` is the route of `one`; take another name"],
    ),
    "container-taken": (
        (sound("one"), sound("two", containers=(container("one", spec={"healthcheck": HEALTHY}),))),
        [
            (
                "two/compose.yaml: services.one: `one` has a container of this name; "
                "begin it with `two-`"
            )
        ],
    ),
    "cycle": (
        (
            sound("one", needs={"b": Need()}, offers={"a": Offer(url="http://one:1")}),
            sound("two", needs={"a": Need()}, offers={"b": Offer(url="http://two:1")}),
        ),
        [
            (
                "one/compose.yaml: x-hearth.needs: needs itself: one → two → one; "
                "make one of them a want"
            )
        ],
    ),
    "nobody-offers": (
        (sound("one", needs=ASKS),),
        [
            (
                "one/compose.yaml: x-hearth.needs.store: no service offers `store`; "
                "make it a want, or add one that does"
            )
        ],
    ),
    "undefined-variable": (
        (sound("one", spec={"environment": {"A": "${ONE_SECRET}${OTHER:-x}$$HOME"}}),),
        [
            (
                "one/compose.yaml: services.one.environment.A: `${ONE_SECRET}` is defined nowhere; "
                "declare it under x-hearth.variables"
            ),
            (
                "one/compose.yaml: services.one.environment.A: `${OTHER}` is defined nowhere; "
                "declare it under x-hearth.variables"
            ),
        ],
    ),
    "no-backup": (
        (sound("one", volumes={"data": {}}),),
        [
            (
                "one/compose.yaml: x-hearth.backup.data: has no backup recipe; name one, "
                "or say `worthless`"
            )
        ],
    ),
    "no-volume": (
        (sound("one", backup={"data": "files"}),),
        ["one/compose.yaml: x-hearth.backup.data: there is no such volume"],
    ),
    "floating-image": (
        (sound("one", spec={"image": "registry:5000/example/one:latest"}),),
        [
            (
                "one/compose.yaml: services.one.image: `registry:5000/example/one:latest` is not "
                "pinned; name a version"
            )
        ],
    ),
    "no-tag": (
        (sound("one", spec={"image": "registry:5000/example/one"}),),
        [
            (
                "one/compose.yaml: services.one.image: `registry:5000/example/one` is not pinned; "
                "name a version"
            )
        ],
    ),
    "no-health": (
        (sound("one", spec={"healthcheck": {}}),),
        [
            (
                "one/compose.yaml: services.one.healthcheck: is missing; write one, or an x-hearth "
                "probe where the image has no client"
            )
        ],
    ),
    "no-start-period": (
        (sound("one", spec={"healthcheck": {"test": ["CMD", "true"]}}),),
        [
            (
                "one/compose.yaml: services.one.healthcheck: has no start_period; say how long a "
                "first start may take"
            )
        ],
    ),
    "probe-without-start": (
        (sound("one", containers=(container("one", probe=Probe(port=80)),)),),
        [
            (
                "one/compose.yaml: x-hearth.containers.one.probe: has no start; "
                "say how long a first start may take"
            )
        ],
    ),
    "socket-past-filter": (
        (
            sound(
                "one",
                containers=(
                    container(
                        "one",
                        spec={
                            "healthcheck": HEALTHY,
                            "volumes": ["/var/run/docker.sock:/var/run/docker.sock:ro"],
                        },
                        hardening={"docker.sock": "it wants to see containers"},
                    ),
                ),
            ),
        ),
        [
            (
                "one/compose.yaml: services.one.volumes: reaches the engine past its filter; "
                "want the role `docker` instead"
            )
        ],
    ),
    "no-memory": (
        (sound("one", containers=(container("one", memory=None, spec={"healthcheck": HEALTHY}),)),),
        [
            (
                "one/compose.yaml: x-hearth.containers.one.memory: is missing; say what is typical "
                "and what is the limit"
            )
        ],
    ),
    "depends-elsewhere": (
        (sound("one", spec={"depends_on": ["postgres"]}),),
        [
            (
                "one/compose.yaml: services.one.depends_on.postgres: is of another service; "
                "ask for its role under x-hearth.needs"
            )
        ],
    ),
    "docker-socket": (
        (sound("one", spec={"volumes": ["/var/run/docker.sock:/var/run/docker.sock:ro"]}),),
        [
            (
                "one/compose.yaml: services.one.volumes: mounts the engine's socket; only a "
                "filtering proxy may, with its reason in hardening"
            ),
            (
                "one/compose.yaml: services.one.volumes: reaches the engine past its filter; "
                "want the role `docker` instead"
            ),
        ],
    ),
    "default-password": (
        (sound("one", spec={"environment": {"ADMIN_PASSWORD": "changeme"}}),),
        [
            (
                "one/compose.yaml: services.one.environment.ADMIN_PASSWORD: is written out; "
                "declare it under x-hearth.secrets"
            )
        ],
    ),
    "listed-password": (
        (sound("one", spec={"environment": ["DB_PASSWORD=hunter2", "MODE=fast"]}),),
        [
            (
                "one/compose.yaml: services.one.environment.DB_PASSWORD: is written out; "
                "declare it under x-hearth.secrets"
            )
        ],
    ),
    "fallback-password": (
        (sound("one", spec={"environment": {"API_KEY": "${TZ:-hunter2}"}}),),
        [
            (
                "one/compose.yaml: services.one.environment.API_KEY: is written out; "
                "declare it under x-hearth.secrets"
            )
        ],
    ),
    "digits-password": (
        (sound("one", spec={"environment": {"ADMIN_PASSWORD": "1234", "TOKEN_MINUTES": "60"}}),),
        [
            (
                "one/compose.yaml: services.one.environment.ADMIN_PASSWORD: is written out; "
                "declare it under x-hearth.secrets"
            )
        ],
    ),
    "powers": (
        (sound("one", spec={"cap_add": ["SYS_ADMIN"], "privileged": True, "pid": "host"}),),
        [
            (
                "one/compose.yaml: services.one.cap_add: needs a reason; write it under hardening "
                "as `cap_add: SYS_ADMIN`"
            ),
            (
                "one/compose.yaml: services.one.privileged: needs a reason; write it "
                "under hardening as `privileged: true`"
            ),
            (
                "one/compose.yaml: services.one.pid: needs a reason; write it "
                "under hardening as `pid: host`"
            ),
        ],
    ),
    "socket-folder": (
        (
            sound(
                "one",
                spec={"volumes": [{"type": "bind", "source": "/var/run", "target": "/run"}]},
            ),
        ),
        [
            (
                "one/compose.yaml: services.one.volumes: needs a reason; write it "
                "under hardening as `bind: /var/run`"
            )
        ],
    ),
    "bad-name": (
        (sound("Not_A_Name"),),
        [
            (
                "Not_A_Name/compose.yaml: `Not_A_Name` is no name; use small letters, "
                "digits and single hyphens"
            )
        ],
    ),
    "dangling-secrets": (
        (
            sound(
                "one",
                secrets={
                    "a": SecretRule(kind=SecretKind.JWT),
                    "b": SecretRule(kind=SecretKind.BCRYPT, parent="gone"),
                    "c": SecretRule(kind=SecretKind.HEX, volume="gone"),
                },
            ),
        ),
        [
            "one/compose.yaml: x-hearth.secrets.a: kind `jwt` is derived; name its `parent`",
            "one/compose.yaml: x-hearth.secrets.b.parent: there is no secret `gone`",
            "one/compose.yaml: x-hearth.secrets.c.volume: there is no volume `gone`",
        ],
    ),
    "dangling-offer": (
        (sound("one", offers={"r": Offer(url="http://one:1", secret="x", provision="y")}),),
        [
            "one/compose.yaml: x-hearth.offers.r.secret: there is no secret `x`",
            "one/compose.yaml: x-hearth.offers.r.provision: there is no job `y`",
        ],
    ),
    "dangling-places": (
        (
            sound(
                "one",
                route=Route(name="a", container="gone"),
                ports=(replace(PORT, container="x"),),
            ),
        ),
        [
            "one/compose.yaml: x-hearth.route.container: there is no container `gone`",
            "one/compose.yaml: x-hearth.ports: there is no container `x`",
        ],
    ),
    "unknown-stack": (
        (replace(sound("one"), stack="09-odd"),),
        [
            (
                "one/compose.yaml: `09-odd` is no stack; one of 00-infrastructure, 01-data, "
                "02-compute, 03-apps, 04-lambda, 05-mcp, 06-media, 07-management"
            )
        ],
    ),
    "when-of-nothing": (
        (
            sound(
                "one",
                containers=(
                    container("one", when="ONE_A", spec={"healthcheck": HEALTHY}),
                    container("one-job", job=True, spec={"depends_on": {"one": {}}}),
                ),
            ),
        ),
        [
            (
                "one/compose.yaml: x-hearth.containers.one.when: `ONE_A` is no variable of this "
                "service; declare it"
            ),
            (
                "one/compose.yaml: x-hearth.containers.one.when: stands for the service, so it is "
                "always there; remove it"
            ),
            (
                "one/compose.yaml: x-hearth.containers.one.when: is of a container that `one-job` "
                "depends on; remove it"
            ),
        ],
    ),
    "secret-for-a-role": (
        (
            sound(
                "one",
                secrets={"key": SecretRule(kind=SecretKind.GIVEN, role="store")},
            ),
        ),
        [
            (
                "one/compose.yaml: x-hearth.secrets.key.role: is of an optional secret that says "
                "under `about` what for"
            ),
            (
                "one/compose.yaml: x-hearth.secrets.key.role: `store` is not asked for; add it "
                "under wants"
            ),
        ],
    ),
    "role-when-of-no-choice": (
        (
            sound("store", offers={"store": Offer(url="http://store:1")}),
            sound(
                "one",
                needs={"store": Need(when="ONE_A=large")},
                variables={"ONE_A": Variable(default="small", choices=("small",))},
            ),
        ),
        [
            (
                "one/compose.yaml: x-hearth.needs.store.when: `large` is no choice of `ONE_A`; "
                "name one that is"
            ),
        ],
    ),
    "role-when-of-nothing": (
        (
            sound("store", offers={"store": Offer(url="http://store:1")}),
            sound(
                "one",
                needs={"store": Need(when="ONE_A")},
                wants={"other": Need(when="ONE_B")},
                variables={"ONE_B": Variable()},
            ),
        ),
        [
            (
                "one/compose.yaml: x-hearth.needs.store.when: `ONE_A` is no variable of this "
                "service; declare it"
            ),
            (
                "one/compose.yaml: x-hearth.wants.other.when: says when a role is needed; move it "
                "under needs"
            ),
        ],
    ),
}


@pytest.mark.parametrize(("services", "expected"), CASES.values(), ids=CASES.keys())
def test_rule_says(services: tuple[Service, ...], expected: list[str]) -> None:
    assert said(*services) == expected


def test_preset_names_exist() -> None:
    preset = Preset(name="mine", title="Mine", summary="", services=("one", "gone"))
    assert said(sound("one"), presets=(preset,)) == [
        (
            "catalog/presets.yaml: presets.mine.services: there is no service `gone`; "
            "take it out or add it"
        )
    ]


def test_defined_variables_pass() -> None:
    provider = sound("store", offers={"store": Offer(url="http://store:1")})
    asker = sound(
        "one-app",
        needs={"store": Need(database="one", roles=("owner", "app"))},
        secrets={"key": SecretRule(kind=SecretKind.HEX), "who": SecretRule(kind=SecretKind.PAIR)},
        variables={"ONE_LANGUAGE": Variable(default="en")},
        spec={
            "environment": {
                "A": "${STORE_URL} ${STORE_HOST} ${STORE_DATABASE} ${ONE_APP_DB_PASSWORD}",
                "B": "${ONE_APP_DB_APP_PASSWORD} ${ONE_APP_KEY} ${ONE_APP_WHO_USER}",
                "C": "${ONE_LANGUAGE:-en} ${ONE_APP_PUBLIC_URL} ${TZ} $DOMAIN",
                "D": "${ONE_APP_LIVE_PORT}",
            }
        },
        ports=(Port(offset=1, container="one-app", inner=80, name="live"),),
    )
    sharer = sound(
        "one-worker",
        needs={"store": Need(share="one-app")},
        spec={"environment": {"A": "${ONE_APP_DB_APP_PASSWORD}"}},
    )
    assert said(provider, asker, sharer) == []


def test_shared_volume_backed_once() -> None:
    keeper = sound("one", volumes={"data": {}}, backup={"data": "files"})
    assert said(keeper, sound("two", volumes={"data": {}})) == []


def test_own_port_may_be_taken() -> None:
    """A release of the catalog must not make a person's own file wrong."""
    mine = replace(PORT, container="mine")
    own = sound("mine", path="/home/ann/.hearth/services/mine/compose.yaml", ports=(mine,))
    assert said(sound("one", ports=(PORT,)), own) == []


def test_structure_is_enough_to_plan() -> None:
    loose = sound("one", spec={"image": "example/one:latest"})
    assert check_structure(catalog(loose)) == ()
    assert len(check(catalog(loose))) == 1


def test_reason_lets_pass() -> None:
    spec = {"healthcheck": HEALTHY, "cap_add": ["NET_ADMIN"], "volumes": ["/:/host:ro"]}
    reasons = {"cap_add: NET_ADMIN": "it is a tunnel", "bind: /": "it measures disks"}
    assert said(sound("one", containers=(container("one", spec=spec, hardening=reasons),))) == []


def test_proxy_may_hold_socket() -> None:
    spec = {"healthcheck": HEALTHY, "volumes": ["/var/run/docker.sock:/var/run/docker.sock:ro"]}
    proxy = container("one", spec=spec, hardening={"docker.sock": "lets through GET only"})
    offers = {"docker": Offer(url="tcp://one:2375")}
    assert said(sound("one", containers=(proxy,), offers=offers)) == []


def test_preset_leaves_absent_out() -> None:
    preset = Preset(name="mine", title="Mine", summary="", services=("one",))
    assert said(sound("one", absent=("docker/one.Dockerfile",)), presets=(preset,)) == [
        (
            "catalog/presets.yaml: presets.mine.services: `one` is not in this version; "
            "take it out until its Dockerfile is there"
        )
    ]


def test_nothing_needs_only_absent() -> None:
    store = sound("store", offers={"store": Offer(url="http://store:1")}, absent=("d/Dockerfile",))
    assert said(sound("one", needs=ASKS), store) == [
        (
            "one/compose.yaml: x-hearth.needs.store: is offered only by what is not in this "
            "version; make it a want"
        )
    ]
    assert said(sound("one", needs=ASKS, absent=("d/Dockerfile",)), store) == []
