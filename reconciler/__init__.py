"""What may have been missed: trackers are polled, and what differs goes into the journal."""
