"""Who did what to whose: rows that are added, never changed, each sealed to the one before (docs/handbook/audit.md)."""
