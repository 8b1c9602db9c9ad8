"""`engram doctor`: looks at everything that Engram needs, and names for each fault its cause and its remedy."""
