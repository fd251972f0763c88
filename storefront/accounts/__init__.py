"""Accounts: who signs in, and as what."""
