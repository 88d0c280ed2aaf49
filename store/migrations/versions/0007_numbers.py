"""What is counted: spans, flows and daily snapshots"""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Forward; there is no way back but a backup."""
