"""The admin API: JSON under /api, for programs that look after mirrors and conflicts."""
