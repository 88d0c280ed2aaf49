"""The words everyone speaks: pydantic and the standard library only."""
