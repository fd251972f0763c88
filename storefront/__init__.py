"""The shop and its edges: commands, documents that come in, and later the screens.

The only package that knows the outside; it composes the verbs of ``commissions`` and is the
only one that commits.
"""
