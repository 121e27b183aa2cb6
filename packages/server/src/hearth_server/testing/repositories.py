"""Archives of small repositories, for tests."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SHOP: Final[Mapping[str, bytes]] = MappingProxyType(
    {
        "shop/src/shop/__init__.py": b"from shop.cart import Cart\n",
        "shop/src/shop/cart.py": b"""import os

class Base:
    '''What carts have in common.
    '''

class Cart(Base):
    def add(self, item: str, *, count: int = 1) -> 'Cart':
        self.check(item)
        return self

    def check(self, item: str) -> None:
        os.getcwd()
""",
        "shop/src/shop/pay.py": b"""
import shop
from shop import Cart

class Express(shop.Cart):
    pass

def pay() -> None:
    cart = Cart()
    cart.add('x')
""",
        "shop/run.py": b"import os\nos.system('touch /tmp/hearth-code-was-run')\n",
        "shop/broken.py": b"def f(:\n",
        "shop/latin.py": b"# \xe9\xff\n",
        "shop/README.md": b"# Shop\n",
    }
)
"""A repository of a few files, some of which cannot be read; one would leave a trace if run."""


def packed(files: Mapping[str, bytes], *, kind: str = "tgz") -> bytes:
    """Pack files into an archive: `tgz`, `tar` or `zip`."""
    out = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
            for name, data in files.items():
                made.writestr(name, data)
        return out.getvalue()
    with tarfile.open(fileobj=out, mode="w:gz" if kind == "tgz" else "w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()
