"""What a change means: deliveries become tickets here."""
