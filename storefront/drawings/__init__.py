"""Pictures drawn by the program: product plates, portraits, the pressed rose.

Every drawing is a pure function of its parameters and returns the text of one SVG. Drawings carry
presentation attributes alone (no styles, no scripts, no references), so that they may stand in a
page under a strict Content-Security-Policy. The same parameters always give the same text.

Read ``ink`` (how SVG is written), ``petals`` (what plants are made of), then ``plates``, ``faces``
and ``rose``, which are what the rest of the shop asks for.
"""
