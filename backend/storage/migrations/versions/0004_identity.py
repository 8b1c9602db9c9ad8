"""What identity keeps: one-time tickets, beginnings of sessions, and what the replicas counted of whom.

Tickets and counts live for seconds: their tables are not logged, so they cost no write-ahead log and are empty after a
crash. `voice_ticket` and `limit_count` name nobody: the one holds a hash of the ticket and, sealed with the ticket
itself, whose it is; the other holds hashes of callers and addresses.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.execute(
        """
        CREATE UNLOGGED TABLE voice_ticket (
            hash bytea PRIMARY KEY,
            sealed bytea NOT NULL,
            expires_at timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX voice_ticket_expiry ON voice_ticket (expires_at)")
    op.execute(
        """
        CREATE TABLE sign_in (
            tenant text NOT NULL,
            owner text NOT NULL,
            sid bytea NOT NULL,
            began_at timestamptz NOT NULL,
            PRIMARY KEY (tenant, owner, sid)
        )
        """
    )
    op.execute("CREATE INDEX sign_in_age ON sign_in (began_at)")
    op.execute(
        """
        CREATE UNLOGGED TABLE limit_count (
            subject bytea NOT NULL,
            period bigint NOT NULL,
            used bigint NOT NULL,
            PRIMARY KEY (subject, period)
        ) WITH (fillfactor = 50)
        """
    )
    op.execute("CREATE INDEX limit_count_period ON limit_count (period)")
    op.execute(
        """
        CREATE UNLOGGED TABLE limit_open (
            subject bytea NOT NULL,
            replica bytea NOT NULL,
            open integer NOT NULL,
            seen_at timestamptz NOT NULL,
            PRIMARY KEY (subject, replica)
        ) WITH (fillfactor = 50)
        """
    )
    op.execute("CREATE INDEX limit_open_seen ON limit_open (seen_at)")


def downgrade() -> None:
    """Not offered: going back to an earlier release keeps the schema (expand, then contract)."""
    raise NotImplementedError("Restore a backup to go back before this schema.")
