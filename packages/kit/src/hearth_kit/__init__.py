"""What every deployable of Hearth needs, and nothing only one of them needs.

`errors` · `settings` (layers with their sources) · `secret` · `log` · `clock` · `ids` · `files`.
Imports no other member; members import each other only through this one.
"""
