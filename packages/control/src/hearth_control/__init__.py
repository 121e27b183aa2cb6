"""The control plane: catalog, settings, host and observed become a plan; an engine carries it out.

`catalog` → `settings` → `plan` → `render` → `engine` → `cli`; imports go one way, right to left.
"""
