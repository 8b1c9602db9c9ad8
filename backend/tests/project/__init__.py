"""Tests of the project itself: promises, locks, documents."""
