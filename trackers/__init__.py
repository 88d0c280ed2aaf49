"""The dialects: all that a vendor may change, one folder a tracker behind one interface."""
