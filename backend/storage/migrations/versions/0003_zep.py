"""What Zep has got: users, sessions and turns by their addresses there, so that nothing is delivered twice.

No content: ids, lengths and states only. `zep_user` also keeps an erasure that is under way, across restarts.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.execute(
        """
        CREATE TABLE zep_user (
            tenant text NOT NULL,
            owner text NOT NULL,
            dialect text NOT NULL,
            address text NOT NULL DEFAULT '',
            erasing boolean NOT NULL DEFAULT false,
            asked boolean NOT NULL DEFAULT false,
            task text NOT NULL DEFAULT '',
            PRIMARY KEY (tenant, owner)
        )
        """
    )
    op.execute("CREATE INDEX zep_user_erasing ON zep_user (tenant, owner) WHERE erasing")
    op.execute(
        """
        CREATE TABLE zep_session (
            tenant text NOT NULL,
            owner text NOT NULL,
            session_id text NOT NULL,
            dialect text NOT NULL,
            thread_uuid text NOT NULL,
            PRIMARY KEY (tenant, owner, session_id)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE zep_delivery (
            tenant text NOT NULL,
            owner text NOT NULL,
            turn_id text NOT NULL,
            session_id text NOT NULL,
            state text NOT NULL CHECK (state IN ('sent', 'delivered', 'empty', 'refused')),
            length integer NOT NULL,
            interrupted boolean NOT NULL,
            message_uuids text[] NOT NULL DEFAULT '{}',
            sent_at timestamptz,
            PRIMARY KEY (tenant, owner, turn_id)
        ) WITH (fillfactor = 70)
        """
    )
    op.execute("CREATE INDEX zep_delivery_session ON zep_delivery (tenant, owner, session_id)")
    op.execute("CREATE INDEX zep_delivery_unconfirmed ON zep_delivery (tenant, owner) WHERE state = 'sent'")


def downgrade() -> None:
    """Not offered: going back to an earlier release keeps the schema (expand, then contract)."""
    raise NotImplementedError("Restore a backup to go back before this schema.")
