"""Plan -> engine -> outcome: the one path by which anything is changed at Amazon."""
