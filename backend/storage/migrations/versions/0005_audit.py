"""The audit log: rows are added, and the database refuses to change or remove one.

The service owns the table, so it could take the trigger away; it could not do so unseen, because the rows are chained
(audit/chain.py).
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and what guards it."""
    op.execute(
        """
        CREATE TABLE audit_event (
            seq bigint PRIMARY KEY,
            at timestamptz NOT NULL,
            level text NOT NULL,
            action text NOT NULL,
            outcome text NOT NULL,
            actor_tenant text NOT NULL,
            actor text NOT NULL,
            actor_kind text NOT NULL,
            owner_tenant text NOT NULL,
            owner text NOT NULL,
            object text NOT NULL,
            request_id text NOT NULL,
            hash bytea NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX audit_event_actor ON audit_event (actor, seq)")
    op.execute("CREATE INDEX audit_event_owner ON audit_event (owner, seq)")
    op.execute(
        """
        CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'audit_event is append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
        END
        $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit()
        """
    )
    # ALWAYS: also for a session that has set session_replication_role.
    op.execute("ALTER TABLE audit_event ENABLE ALWAYS TRIGGER append_only")


def downgrade() -> None:
    """Not offered: going back to an earlier release keeps the schema (expand, then contract)."""
    raise NotImplementedError("Restore a backup to go back before this schema.")
