"""From a plan to text: compose file, gateway config, provisioning SQL; pure."""
