"""The Engram service: chat and realtime voice with one memory. Rooms and floors: docs/handbook/house.md."""
