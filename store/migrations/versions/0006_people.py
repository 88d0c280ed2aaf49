"""People behind their accounts"""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Forward; there is no way back but a backup."""
