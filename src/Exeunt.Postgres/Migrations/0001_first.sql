-- Ids are UUIDv7, whose order is the order of creation. Times are milliseconds since 1970, UTC, ledger time, unless a column says otherwise. A session is
-- "marked" once its own row says that it ended; one that is not may still be covered by a cut-off or past its time. Text that is searched or sorted is
-- compared by code point (collation "C"), as everywhere in the product. A NUL, which PostgreSQL cannot hold, is stored as two characters.

create table migrations (
    number      integer primary key,
    name        text not null,
    applied_at  bigint not null
);

-- The lives of this ledger. The last is the present one; a new one begins when the database was put back from an older copy.
create table epochs (
    number         bigint generated always as identity primary key,
    epoch          text not null unique,
    began_at       bigint not null,
    last_sequence  bigint               -- the newest place in the log when this life was found to be over; null for the present one
);

create table settings (
    name   text primary key,
    value  bigint not null
);

-- The newest place in the revocation log. Whoever appends locks this row until its commit: places become visible in their order, so a reader of
-- "everything after N" never misses one that commits late.
create table revocation_head (
    one       boolean primary key default true check (one),
    sequence  bigint not null
);

-- The newest transaction of every process that writes. By this, and not by PostgreSQL's own transaction ids, it finds out what became of a commit whose
-- answer was lost: a crash frees the ids of what it swallowed, and somebody else commits with them.
create table newest_commits (
    writer  uuid primary key,                   -- a life of a process
    number  bigint not null,                    -- counted by it
    at      bigint not null
) with (fillfactor = 20);

create table users (
    id                 uuid primary key,
    issuer             text collate "C" not null,
    subject            text collate "C" not null,
    email              text,
    email_key          text collate "C" unique, -- normalised
    name               text,
    name_key           text collate "C",        -- normalised
    password_hash      text,
    roles              text[] not null,
    disabled_at        bigint,
    created_at         bigint not null,
    unmarked_sessions  bigint not null default 0,
    unique (issuer, subject)
) with (fillfactor = 80); -- room for the next version of a row beside it: the count changes with every session

create index users_by_name on users (name_key) where name_key is not null;

create table sessions (
    id                     uuid primary key,
    user_id                uuid not null references users (id),
    issuer                 text collate "C" not null,
    outside_id             text collate "C",    -- the provider's sid; null for our own
    subject                text collate "C" not null,
    client                 text collate "C" not null,
    device_name            text,
    user_agent             text,
    address                text,
    opened_at              bigint not null,
    authenticated_at       bigint,
    amr                    text not null,
    last_seen_at           bigint not null,
    expires_at             bigint not null,
    absolute_expires_at    bigint not null,
    last_token_expires_at  bigint not null,
    secret                 bytea not null,
    current                bigint not null,
    predecessor            bigint,
    rotated_at             bigint,
    ended_at               bigint,              -- null: not marked
    end_event              uuid,
    end_reason             integer              -- EndReason
) with (fillfactor = 80);

create unique index sessions_by_outside_id on sessions (issuer, outside_id) where outside_id is not null;
create index sessions_by_user on sessions (user_id, id);
create index unmarked_by_user on sessions (user_id, expires_at) where ended_at is null;
create index unmarked_by_expiry on sessions (expires_at) where ended_at is null;
create index marked_by_end on sessions (ended_at) where ended_at is not null;

-- The one place that keeps the count, so that no code path can forget it. Once for a statement, however many rows it has.
create function count_opened() returns trigger language plpgsql as $$
begin
    update users u set unmarked_sessions = unmarked_sessions + o.opened
    from (select user_id, count(*) as opened from opened where ended_at is null group by user_id) o where u.id = o.user_id;
    return null;
end $$;

create trigger sessions_opened after insert on sessions referencing new table as opened for each statement execute function count_opened();

create function count_marked() returns trigger language plpgsql as $$
begin
    update users u set unmarked_sessions = unmarked_sessions - m.marked
    from (select a.user_id, count(*) as marked from after_change a join before_change b using (id) where b.ended_at is null and a.ended_at is not null group by a.user_id) m
    where u.id = m.user_id;
    return null;
end $$;

create trigger sessions_marked after update on sessions referencing old table as before_change new table as after_change
for each statement execute function count_marked();

-- A recorded end is final, whoever writes.
create function refuse_second_end() returns trigger language plpgsql as $$
begin
    raise exception 'the end of a session is final' using errcode = 'integrity_constraint_violation';
end $$;

create trigger session_end_is_final before update on sessions for each row
when (old.ended_at is not null and (new.ended_at, new.end_event, new.end_reason) is distinct from (old.ended_at, old.end_event, old.end_reason))
execute function refuse_second_end();

-- Lets a change fail that did not find all its rows, within the statement itself: the commit travels right behind it.
create function must_be(changed bigint, wanted bigint, what text) returns void language plpgsql as $$
begin
    if changed <> wanted then
        raise exception '%', what using errcode = 'integrity_constraint_violation';
    end if;
end $$;

create table revocations (
    seq             bigint primary key,
    previous        bigint not null,
    event           uuid not null,
    scope           integer not null,           -- RevocationScope
    issuer          text collate "C" not null,
    key             text collate "C" not null,
    up_to           uuid,
    up_to_second    bigint,                     -- seconds since 1970
    except_session  text collate "C",
    except_id       uuid,                       -- the same, when it is the id of one of our own sessions
    expires         bigint not null,
    at              bigint not null,
    reason          integer not null,           -- EndReason
    swept           boolean not null,           -- false: a cut-off whose rows have not all been marked
    unique (event, scope, issuer, key)
);

create index cut_offs_by_target on revocations (scope, issuer, key) where scope in (3, 4, 5, 7);
create index unswept_revocations on revocations (seq) where not swept;
create index revocations_by_expiry on revocations (expires) where swept;

-- A chain for each node, so that nodes never wait for each other's entries. Its head is locked by whoever appends.
create table audit_chains (
    number       bigint generated always as identity primary key,
    chain        text not null unique,
    node         text not null unique,
    head_number  bigint not null,
    head_hash    bytea not null
);

-- Apart from the heads: retention on one node must not wait for what another one is writing.
create table audit_anchors (
    chain   text primary key references audit_chains (chain),
    number  bigint not null,                    -- entries up to this one were deleted by retention
    hash    bytea not null
);

create table audit (
    position            bigint generated always as identity primary key,
    chain               text not null,
    n                   bigint not null,
    at                  bigint not null,
    action              text not null,
    by_kind             integer not null,       -- ActorKind
    by_user             uuid,
    by_session          uuid,
    by_name             text,
    user_id             uuid,
    session_id          uuid,
    event               uuid,
    reason              integer,                -- EndReason
    count               bigint,
    client              text,
    device              text collate "C",       -- kind of device, such as "Firefox on Windows"
    detail              text,
    address_commitment  bytea,
    agent_commitment    bytea,
    claimed_commitment  bytea,
    hash                bytea not null,
    unique (chain, n)
);

create index audit_by_time on audit (at, position);
create index audit_by_user on audit (user_id, at, position) where user_id is not null;
create index audit_by_other on audit (by_user) where by_user is not null and by_user is distinct from user_id;
create index audit_by_action on audit (action, at, position);
create index audit_by_reason on audit (reason, at, position) where reason is not null;

-- Personal values stand apart, so that they can be erased while the chain still verifies by the commitments.
create table audit_personal (
    chain         text not null,
    n             bigint not null,
    address       text,
    address_salt  bytea,
    agent         text,
    agent_salt    bytea,
    claimed       text,
    claimed_salt  bytea,
    primary key (chain, n),
    foreign key (chain, n) references audit (chain, n) on delete cascade
);

create table audit_checkpoints (
    id   bigint generated always as identity primary key,
    at   bigint not null,
    jws  text not null
);

-- The server's keys, each sealed with the master key, which is not in the database.
create table vault (
    name    text primary key,
    sealed  bytea not null
);

insert into revocation_head (sequence) values (0);
insert into settings (name, value) values ('latest_token_expiry', 0); -- milliseconds since 1970
