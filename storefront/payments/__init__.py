"""How shoppers pay: one Protocol, and the providers that keep it."""
