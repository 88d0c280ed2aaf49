"""Words to search for"""

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Forward; there is no way back but a backup."""
