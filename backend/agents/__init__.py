"""The assistants: each is one YAML file in profiles/; adding one needs no code."""
