"""Decisions about tickets: pure functions of values, importing `schemas` alone."""
