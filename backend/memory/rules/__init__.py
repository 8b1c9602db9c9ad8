"""The rule pass over what somebody says: speech made plain, clauses, values, and the rules as data, by theme."""
