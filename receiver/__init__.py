"""What comes in by HTTP: webhooks, health, and later the API and the dashboard."""
