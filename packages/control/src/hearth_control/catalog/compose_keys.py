"""What a Compose file may say in the catalog, and what Hearth says instead.

Source: the Compose specification's schema, https://github.com/compose-spec/compose-spec
(schema/compose-spec.json, read 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TOP_KEYS: Final = frozenset({"name", "services", "volumes"})

SERVICE_KEYS: Final = frozenset(
    {
        "annotations", "attach", "blkio_config", "build", "cap_add", "cap_drop", "cgroup",
        "cgroup_parent", "command", "configs", "cpu_count", "cpu_percent", "cpu_period",
        "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares", "cpus", "cpuset",
        "credential_spec", "depends_on", "deploy", "develop", "device_cgroup_rules", "devices",
        "dns", "dns_opt", "dns_search", "domainname", "entrypoint", "environment", "expose",
        "extra_hosts", "gpus", "group_add", "healthcheck", "hostname", "image", "init", "ipc",
        "isolation", "labels", "logging", "mac_address", "mem_reservation", "mem_swappiness",
        "memswap_limit", "network_mode", "oom_kill_disable", "oom_score_adj", "pid", "pids_limit",
        "platform", "post_start", "pre_stop", "privileged", "provider", "pull_policy",
        "read_only", "restart", "runtime", "scale", "secrets", "security_opt", "shm_size",
        "stdin_open", "stop_grace_period", "stop_signal", "storage_opt", "sysctls", "tmpfs",
        "tty", "ulimits", "use_api_socket", "user", "userns_mode", "uts", "volumes",
        "volumes_from", "working_dir",
    }
)  # fmt: skip

INSTEAD_TOP: Final[Mapping[str, str]] = {
    "version": "is obsolete; remove it",
    "networks": "networks are made from `needs` and `wants`; remove it",
    "include": "a service is one file; remove it",
    "secrets": "secrets are declared in `x-hearth.secrets`; remove it",
    "configs": "put the file beside this one and mount it; remove it",
}

INSTEAD_SERVICE: Final[Mapping[str, str]] = {
    "ports": "published ports come from `x-hearth.port`; use `expose`",
    "networks": "networks are made from `needs` and `wants`; remove it",
    "container_name": "containers are named by the project; remove it",
    "links": "is obsolete; containers find each other by name",
    "external_links": "is obsolete; say what is needed in `x-hearth.needs`",
    "env_file": "name each variable under `environment`",
    "profiles": "services are chosen by presets and sources; remove it",
    "extends": "a service is one file; write it out",
    "mem_limit": "say it in `x-hearth.memory`",
    "label_file": "write the labels under `labels`",
}
