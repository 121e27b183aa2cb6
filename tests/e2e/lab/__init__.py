"""The lab: a real Docker engine, and the catalog's images, on a machine that has neither.

`python -m lab up` starts an engine where none answers and builds the images; `down` ends what was
started. Databases, cache and gateway are the real programs out of Debian; the rest are placeholders
(`images/placeholder`). Only the standard library is used: it runs before the checkout is set up.
"""
