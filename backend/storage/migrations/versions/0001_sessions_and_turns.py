"""Owners, sessions and turns: the log that memory is made of.

Every key leads with tenant and owner. `turn` is partitioned by hash of the owner, so that one server's tables stay
small and a cluster can distribute by the same column. `owner.seq` numbers an owner's turns without gaps in visibility:
it is raised under the owner's row lock, held until commit, so whoever sees turn n sees every turn before it.
`owner.epoch` is raised when turns are taken away, which tells every replica to build its index anew.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

PARTITIONS = 32


def upgrade() -> None:
    """Create the tables."""
    op.execute(
        """
        CREATE TABLE owner (
            tenant text NOT NULL,
            owner text NOT NULL,
            seq bigint NOT NULL DEFAULT 0,
            epoch bigint NOT NULL DEFAULT 0,
            PRIMARY KEY (tenant, owner)
        ) WITH (fillfactor = 50)
        """
    )
    op.execute(
        """
        CREATE TABLE session (
            tenant text NOT NULL,
            owner text NOT NULL,
            id text NOT NULL,
            title text NOT NULL DEFAULT '',
            agents text[] NOT NULL DEFAULT '{}',
            channels text[] NOT NULL DEFAULT '{}',
            turn_count integer NOT NULL DEFAULT 0,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (tenant, owner, id)
        ) WITH (fillfactor = 70)
        """
    )
    op.execute("CREATE INDEX session_latest ON session (tenant, owner, updated_at DESC, id DESC) WHERE turn_count > 0")
    op.execute(
        """
        CREATE TABLE turn (
            tenant text NOT NULL,
            owner text NOT NULL,
            seq bigint NOT NULL,
            id text NOT NULL,
            session_id text NOT NULL,
            role text NOT NULL CHECK (role IN ('user', 'assistant')),
            channel text NOT NULL CHECK (channel IN ('chat', 'voice')),
            agent_id text NOT NULL,
            item_id text,
            content text NOT NULL,
            unheard text NOT NULL DEFAULT '',
            interrupted boolean NOT NULL DEFAULT false,
            said_at timestamptz NOT NULL,
            stored_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (tenant, owner, seq),
            UNIQUE (tenant, owner, id)
        ) PARTITION BY HASH (owner)
        """
    )
    for number in range(PARTITIONS):
        op.execute(
            f"CREATE TABLE turn_{number:02} PARTITION OF turn"
            f" FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number})"
        )
    op.execute("CREATE INDEX turn_session ON turn (tenant, owner, session_id, said_at, seq)")


def downgrade() -> None:
    """Not offered: going back to an earlier release keeps the schema (expand, then contract)."""
    raise NotImplementedError("Restore a backup to go back before the first schema.")
