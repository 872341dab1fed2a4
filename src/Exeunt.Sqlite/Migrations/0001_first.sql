-- Ids are 16 bytes, big-endian, so that their order is the order of creation. Times are milliseconds since 1970, UTC, ledger time, unless a column says
-- otherwise. A session is "marked" once its own row says that it ended; one that is not may still be covered by a cut-off or past its time.

create table migrations (
    number      integer primary key,
    name        text not null,
    applied_at  integer not null
);

-- The lives of this ledger. The last is the present one; a new one begins when the database was put back from an older copy.
create table epochs (
    number         integer primary key,
    epoch          text not null unique,
    began_at       integer not null,
    last_sequence  integer              -- the newest place in the log when this life was found to be over; null for the present one
);

create table settings (
    name   text primary key,
    value  not null
) without rowid;

create table users (
    id                 blob not null primary key,
    issuer             text not null,
    subject            text not null,
    email              text,
    email_key          text unique,     -- normalised
    name               text,
    name_key           text,            -- normalised
    password_hash      text,
    roles              text not null,   -- JSON array of strings
    disabled_at        integer,
    created_at         integer not null,
    unmarked_sessions  integer not null default 0,
    unique (issuer, subject)
);

create index users_by_name on users (name_key) where name_key is not null;

create table sessions (
    id                     blob not null primary key,
    user_id                blob not null references users (id),
    issuer                 text not null,
    outside_id             text,        -- the provider's sid; null for our own
    subject                text not null,
    client                 text not null,
    device_name            text,
    user_agent             text,
    address                text,
    opened_at              integer not null,
    authenticated_at       integer,
    amr                    text not null,
    last_seen_at           integer not null,
    expires_at             integer not null,
    absolute_expires_at    integer not null,
    last_token_expires_at  integer not null,
    secret                 blob not null,
    current                integer not null,
    predecessor            integer,
    rotated_at             integer,
    ended_at               integer,     -- null: not marked
    end_event              blob,
    end_reason             integer      -- EndReason
);

create unique index sessions_by_outside_id on sessions (issuer, outside_id) where outside_id is not null;
create index sessions_by_user on sessions (user_id, id);
-- Each of these costs every logout a page that nobody else touches. Hence none by client or issuer: those endings are rare, and walk the table.
create index unmarked_by_user on sessions (user_id, id) where ended_at is null;
create index unmarked_by_expiry on sessions (expires_at) where ended_at is null;
create index marked_by_end on sessions (ended_at) where ended_at is not null;

-- The one place that keeps the count, so that no code path can forget it.
create trigger session_opened after insert on sessions when new.ended_at is null begin
    update users set unmarked_sessions = unmarked_sessions + 1 where id = new.user_id;
end;

create trigger session_marked after update of ended_at on sessions when old.ended_at is null and new.ended_at is not null begin
    update users set unmarked_sessions = unmarked_sessions - 1 where id = new.user_id;
end;

-- A recorded end is final, whoever writes.
create trigger session_end_is_final before update of ended_at, end_event, end_reason on sessions
when old.ended_at is not null and (new.ended_at is not old.ended_at or new.end_event is not old.end_event or new.end_reason is not old.end_reason) begin
    select raise(abort, 'the end of a session is final');
end;

-- The revocation log. Autoincrement: a place is never used twice, not even after everything has been purged.
create table revocations (
    seq             integer primary key autoincrement,
    previous        integer not null,
    event           blob not null,
    scope           integer not null,   -- RevocationScope
    issuer          text not null,
    key             text not null,
    up_to           blob,
    up_to_second    integer,            -- seconds since 1970
    except_session  text,
    expires         integer not null,
    at              integer not null,
    reason          integer not null,   -- EndReason
    swept           integer not null,   -- 0: a cut-off whose rows have not all been marked
    unique (event, scope, issuer, key)
);

create index unswept_revocations on revocations (scope, issuer, key) where swept = 0;
create index revocations_by_expiry on revocations (expires);

create table audit_chains (
    number         integer primary key,
    chain          text not null unique,
    anchor_number  integer not null,    -- entries up to this one were deleted by retention
    anchor_hash    blob not null
);

create table audit (
    position            integer primary key,
    chain               text not null,
    n                   integer not null,
    at                  integer not null,
    action              text not null,
    by_kind             integer not null, -- ActorKind
    by_user             blob,
    by_session          blob,
    by_name             text,
    user_id             blob,
    session_id          blob,
    event               blob,
    reason              integer,          -- EndReason
    count               integer,
    client              text,
    device              text,             -- kind of device, such as "Firefox on Windows"
    detail              text,
    address_commitment  blob,
    agent_commitment    blob,
    claimed_commitment  blob,
    hash                blob not null,
    unique (chain, n)
);

create index audit_by_time on audit (at);
create index audit_by_user on audit (user_id, at) where user_id is not null;
create index audit_by_other on audit (by_user) where by_user is not null and by_user is not user_id;
create index audit_by_action on audit (action, at);
create index audit_by_reason on audit (reason, at) where reason is not null;

-- Personal values stand apart, so that they can be erased while the chain still verifies by the commitments.
create table audit_personal (
    position      integer primary key references audit (position) on delete cascade,
    address       text,
    address_salt  blob,
    agent         text,
    agent_salt    blob,
    claimed       text,
    claimed_salt  blob
);

create table audit_checkpoints (
    id   integer primary key autoincrement,
    at   integer not null,
    jws  text not null
);
