"""An in-house tool that sends signed events about tickets and answers no questions."""
