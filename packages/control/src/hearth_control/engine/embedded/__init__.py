"""The engine that needs no Docker: a supervisor, a real Postgres and processes on this machine.

Two programs. The client side (`adapter`, `conduct`, `translate`, `client`) lives in the command
that a person runs. The supervisor side (`supervisor`, `life`, `body`, `loop`, `guard`) outlives
the terminal, imports little and keeps every unit running. They share `layout`, `state`, `spec`
and speak JSON lines over a socket that only the owner of the home may open.
"""
