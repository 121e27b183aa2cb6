"""Files to blocks, each in a process of its own: a hostile file harms nothing but that process.

`reader` starts and limits the process · `child` is that process · one module a format.
"""
