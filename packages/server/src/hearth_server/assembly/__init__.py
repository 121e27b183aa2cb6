"""The only wiring: settings → adapters → capabilities → edge, a file for each part."""
