"""The last connections of all replicas to each VoiceLive resource.

They count for a minute: the table is not logged, so it costs no write-ahead log and is empty after a crash.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table. taken: when connections were opened, in seconds since 1970 by the database's clock."""
    op.execute(
        """
        CREATE UNLOGGED TABLE voice_quota (
            host text PRIMARY KEY,
            taken double precision[] NOT NULL
        ) WITH (fillfactor = 50)
        """
    )


def downgrade() -> None:
    """Not offered: going back to an earlier release keeps the schema (expand, then contract)."""
    raise NotImplementedError("Restore a backup to go back before this schema.")
