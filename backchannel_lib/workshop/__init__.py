"""The workshop: deck, rounds, drill, handouts and votes from phones."""
