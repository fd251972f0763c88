"""The demo's world: the brand Hoa Sớm of Hội An, what it sells, and who sells and buys there.

``products.toml`` and ``people.toml`` tell it; ``reading`` reads them.
"""
