-- Programs with credentials of their own, such as guards.
create table clients (
    id           uuid primary key,
    name         text not null,
    scopes       text not null,                 -- separated by spaces
    secret_hash  bytea not null,                -- SHA-256 of a random secret
    created_at   bigint not null
);
