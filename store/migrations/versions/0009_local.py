"""Local tickets, and attachments beside their tickets"""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Forward; there is no way back but a backup."""
