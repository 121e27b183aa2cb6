"""A script is held against code: what is not there is named, and nothing that could be there."""

from __future__ import annotations

import textwrap

import pytest
from hearth_server.capabilities.code.checking import check_script
from hearth_server.capabilities.code.parsing import parse_module
from hearth_server.capabilities.code.resolving import Index
from hearth_server.capabilities.code.scope import Module

pytestmark = pytest.mark.unit

FILES = {
    "shop/__init__.py": '''
        """A shop."""
        from shop.cart import Cart
        from shop.pay import *
        from shop import pay as money
        import requests
        VERSION = "1"
    ''',
    "shop/cart.py": """
        from __future__ import annotations
        from abc import ABC
        from dataclasses import dataclass, field
        from typing import Self

        @dataclass
        class Item:
            name: str
            price: float = 0.0
            tags: list[str] = field(default_factory=list)

        @dataclass(kw_only=True)
        class Special(Item):
            reason: str

        class Base(ABC):
            def total(self, *, tax: float = 0.0) -> float:
                return 0.0

        class Cart(Base):
            limit = 10

            def __init__(self, owner: str, size: int = 3, *, currency: str) -> None:
                self.owner = owner
                self.items: list[Item] = []

            def __enter__(self) -> Self:
                return self

            def __exit__(self, *parts: object) -> None: ...

            def add(self, item: Item, count: int = 1, /) -> Item:
                return item

            @classmethod
            def empty(cls, currency: str) -> Cart:
                return cls("", currency=currency)

            @staticmethod
            def parse(text: str) -> Item: ...

            @property
            def first(self) -> Item: ...

            async def load(self) -> Item: ...

        class Loose:
            def __getattr__(self, name: str) -> object: ...

        class Foreign(SomethingElse):
            pass
    """,
    "shop/pay.py": """
        from functools import wraps
        import stripe

        def charge(amount: int, *rest: int, currency: str, **more: object) -> None: ...

        def refund(amount: int) -> None: ...

        @stripe.hook
        def hooked(amount: int) -> None: ...
    """,
}


@pytest.fixture(scope="module")
def index() -> Index:
    symbols = []
    for path, text in FILES.items():
        is_package = path.endswith("__init__.py")
        name = path.removesuffix("/__init__.py" if is_package else ".py").replace("/", ".")
        module = Module(name=name, path=path, is_package=is_package)
        symbols += parse_module(textwrap.dedent(text), module)[0]
    return Index(symbols)


def problems(index: Index, script: str) -> list[tuple[int, str, str, str]]:
    checked = check_script(textwrap.dedent(script).strip(), index, repository="shop")
    return [(each.line, each.problem, each.name, each.nearest) for each in checked.findings]


WRONG = {
    "import shop.crat": (1, "no-module", "shop.crat", "shop.cart"),
    "import shpo": (1, "no-module", "shpo", "shop"),
    "from shop.nothing.at import x": (1, "no-module", "shop.nothing.at", ""),
    "from shop import Basket": (1, "no-name", "Basket", ""),
    "from shop.cart import Crat": (1, "no-name", "Crat", "Cart"),
    "import shop\nshop.Carts": (2, "no-name", "Carts", "Cart"),
    "import shop.cart as c\nc.Itme()": (2, "no-name", "Itme", "Item"),
    "from shop import Cart\nCart.emtpy('EUR')": (2, "no-member", "emtpy", "empty"),
    "from shop import Cart\nCart('a', currency='E').ad()": (2, "no-member", "ad", "add"),
    "from shop import Cart\nc = Cart('a', currency='E')\nc.totl()": (
        3, "no-member", "totl", "total",
    ),
    "from shop import Cart\nCart(currency='E')": (2, "missing-argument", "owner", ""),
    "from shop import Cart\nCart('a')": (2, "missing-argument", "currency", ""),
    "from shop import Cart\nCart('a', 1, 2, currency='E')": (2, "too-many-arguments", "", ""),
    "from shop import Cart\nCart('a', curency='E', currency='E')": (
        2, "no-parameter", "curency", "currency",
    ),
    "from shop import Cart\nCart('a', owner='b', currency='E')": (
        2, "repeated-argument", "owner", "",
    ),
    "from shop import Cart\nCart.empty('E').total(0.2)": (2, "too-many-arguments", "", ""),
    "from shop import Cart\nCart.empty('E').total(vat=1)": (2, "no-parameter", "vat", ""),
    "from shop import Cart\nCart.empty('E').add(1, count=2)": (2, "no-parameter", "count", ""),
    "from shop import Cart\nCart.parse('x').nam": (2, "no-member", "nam", "name"),
    "from shop import Cart\nCart.empty('E').first.prise": (2, "no-member", "prise", "price"),
    "from shop.cart import Item\nItem()": (2, "missing-argument", "name", ""),
    "from shop.cart import Item\nItem('a', cost=1)": (2, "no-parameter", "cost", ""),
    "from shop.cart import Special\nSpecial('a')": (2, "missing-argument", "reason", ""),
    "from shop.cart import Base\nBase(1)": (2, "too-many-arguments", "", ""),
    "from shop import refund\nrefund()": (2, "missing-argument", "amount", ""),
    "from shop import money\nmoney.refnd(1)": (2, "no-name", "refnd", "refund"),
    "from shop.pay import charge\ncharge(1)": (2, "missing-argument", "currency", ""),
    "from shop import Cart\nwith Cart('a', currency='E') as c:\n    c.tottal()": (
        3, "no-member", "tottal", "total",
    ),
    "from shop import Cart\nasync def f(c: Cart):\n    (await c.load()).nme": (
        3, "no-member", "nme", "name",
    ),
    "from shop import Cart\ndef f(c: 'Cart | None'):\n    return c.sav()": (
        3, "no-member", "sav", "",
    ),
    "import shop\nclass Mine:\n    def f(self):\n        return shop.Crt()": (
        4, "no-name", "Crt", "Cart",
    ),
    "x = [": (1, "syntax", "", ""),
}  # fmt: skip


@pytest.mark.parametrize("script", WRONG)
def test_what_is_not_there_is_named(index: Index, script: str) -> None:
    assert problems(index, script) == [WRONG[script]]


RIGHT = (
    "import os, json, requests, shop, shop.cart\nshop.cart.Item('a', 1, tags=[])",
    "from shop import Cart, charge, VERSION, pay, requests\ncharge(1, 2, currency='E', x=1)",
    "from shop.cart import *\nCart",
    "from shop.pay import hooked\nhooked()\nhooked(1, 2, 3)",
    "from shop.cart import Loose, Foreign\nLoose().anything\nForeign(1, 2).thing",
    "from shop import Cart\nc = Cart('a', currency='E')\nc = other()\nc.anything",
    "from shop import Cart\nc = Cart('a', currency='E')\nc.extra = 1",
    "from shop import Cart\nCart(*things)\nCart('a', **more)",
    "from shop import Cart\nc = Cart.empty('E')\nc.owner, c.items, c.limit, c.__class__",
    "from shop import Cart\nCart.__name__, Cart.mro()",
    "from shop import Cart\ndef f(c: Cart):\n    if isinstance(c, Sub):\n        c.special()",
    "from shop import Cart\ndef f(Cart):\n    return Cart.anything",
    "from shop import Cart\n[Cart.anything for Cart in things]\nlambda Cart: Cart.anything",
    "try:\n    from shop import Basket\nexcept ImportError:\n    Basket = None",
    "from shop import Cart\ntry:\n    Cart.nothing\nexcept AttributeError:\n    pass",
    "from shop.cart import Special\nSpecial('a', reason='b')",
    "import shop\nif x:\n    shop = y\nshop.anything",
    "from shop import Cart\nclass Mine(Cart):\n    def f(self):\n        return self.anything()",
    "from shop import Cart\nCart.add(cart, item)\ncart = Cart.empty(currency='E')\ncart.add(1, 2)",
    "from . import shop\nfrom .shop import x",
    "from shop import Cart\ndef f():\n    global Cart\n    Cart = 1\nCart.anything",
    "for shop in things:\n    shop.anything",
    "import shop\ndel shop",
)


@pytest.mark.parametrize("script", RIGHT)
def test_what_could_be_there_is_not_called_missing(index: Index, script: str) -> None:
    assert problems(index, script) == []


def test_a_finding_says_where_and_what(index: Index) -> None:
    script = "from shop import Cart\n\ncart = Cart('a', currency='E')\nprint(cart.totle())\n"
    checked = check_script(script, index, repository="shop")
    (finding,) = checked.findings
    assert (finding.line, finding.column) == (4, 12)
    assert finding.message == "class `shop.cart.Cart` has no `totle`"
    assert checked.checked == 4
    outside = check_script("import numpy, json, pandas.core", index, repository="shop")
    assert (outside.unchecked, outside.checked) == (("numpy", "pandas"), 0)
