"""What a session replaced, so that it can be put back"""

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Forward; there is no way back but a backup."""
