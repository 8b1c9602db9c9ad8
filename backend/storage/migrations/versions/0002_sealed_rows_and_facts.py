"""Sealed rows, facts, snapshots and followers.

What was said, titles, vectors, facts and snapshots stand in the database encrypted only (bytea columns that
`storage/keys.py` seals), each owner's under a data key of their own in `user_key`. The plain columns of 0001 stay until
a later release drops them: nothing writes them any more, and the service seals what the first release left there when
it starts (`memory/sealing.py`).

Facts, forgotten facts and turns share the owner's counter `owner.seq`, so one position tells what a reader has seen.
`fact` and what follows are not partitioned: they are small beside `turn`, and their keys distribute the same way.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PARTITIONS = 32


def upgrade() -> None:
    """Add what is new; take nothing away."""
    op.execute(
        """
        CREATE TABLE user_key (
            tenant text NOT NULL,
            owner text NOT NULL,
            kid integer NOT NULL,
            kek text NOT NULL,
            wrapped bytea,
            created_at timestamptz NOT NULL DEFAULT now(),
            destroyed_at timestamptz,
            PRIMARY KEY (tenant, owner, kid)
        )
        """
    )
    op.execute("CREATE INDEX user_key_kek ON user_key (kek) WHERE destroyed_at IS NULL")
    op.execute(
        """
        ALTER TABLE turn ADD COLUMN body bytea, ADD COLUMN vector bytea,
            ALTER COLUMN content DROP NOT NULL,
            ALTER COLUMN unheard DROP NOT NULL, ALTER COLUMN unheard DROP DEFAULT
        """
    )
    for number in range(PARTITIONS):
        # Room for the vector, which comes a little later, on the turn's own page: no index changes for it then.
        op.execute(f"ALTER TABLE turn_{number:02} SET (fillfactor = 70)")
    op.execute("CREATE INDEX turn_plain ON turn (tenant, owner, id) WHERE body IS NULL")
    op.execute("ALTER TABLE session ADD COLUMN sealed_title bytea")
    op.execute("CREATE INDEX session_plain ON session (tenant, owner, id) WHERE title <> ''")
    op.execute(
        """
        CREATE TABLE fact (
            tenant text NOT NULL,
            owner text NOT NULL,
            id text NOT NULL,
            seq bigint NOT NULL,
            kind text NOT NULL,
            source text NOT NULL,
            channel text,
            body bytea NOT NULL,
            said_at timestamptz NOT NULL,
            valid_from timestamptz,
            valid_to timestamptz,
            recorded_at timestamptz NOT NULL DEFAULT now(),
            superseded_at timestamptz,
            superseded_by text,
            PRIMARY KEY (tenant, owner, id)
        )
        """
    )
    op.execute("CREATE INDEX fact_seq ON fact (tenant, owner, seq)")
    op.execute(
        """
        CREATE TABLE forgotten (
            tenant text NOT NULL,
            owner text NOT NULL,
            fact_id text NOT NULL,
            seq bigint NOT NULL,
            body bytea NOT NULL,
            forgotten_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (tenant, owner, fact_id)
        )
        """
    )
    op.execute("CREATE INDEX forgotten_seq ON forgotten (tenant, owner, seq)")
    op.execute(
        """
        CREATE TABLE memory_snapshot (
            tenant text NOT NULL,
            owner text NOT NULL,
            number integer NOT NULL,
            upto_seq bigint NOT NULL,
            epoch bigint NOT NULL,
            blob bytea NOT NULL,
            made_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (tenant, owner, number)
        )
        """
    )
    op.execute("ALTER TABLE memory_snapshot ALTER COLUMN blob SET STORAGE EXTERNAL")  # ciphertext does not compress
    op.execute(
        """
        CREATE TABLE follower (
            tenant text NOT NULL,
            owner text NOT NULL,
            name text NOT NULL,
            seq bigint NOT NULL DEFAULT 0,
            epoch bigint NOT NULL DEFAULT 0,
            attempts integer NOT NULL DEFAULT 0,
            retry_at timestamptz,
            claimed_until timestamptz,
            PRIMARY KEY (tenant, owner, name)
        ) WITH (fillfactor = 50)
        """
    )


def downgrade() -> None:
    """Not offered: going back to an earlier release keeps the schema (expand, then contract)."""
    raise NotImplementedError("Restore a backup to go back to the schema before this one.")
