"""Top floor: the commands of `engram`."""
