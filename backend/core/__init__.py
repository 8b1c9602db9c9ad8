"""Ground floor: settings, levels, the shared vocabulary. Imports nothing above it."""
