"""Each link once, whoever told of it"""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Forward; there is no way back but a backup."""
