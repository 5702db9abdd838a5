"""Drills as data: what happens to the shop, what contains it, and what the players are told."""
