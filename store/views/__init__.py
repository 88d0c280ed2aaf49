"""Views for analysts: the tickets of each tracker under the names that people already query."""
