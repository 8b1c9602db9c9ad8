"""One file a resource. A route reads its input, asks a room below, shapes the answer; it decides nothing."""
