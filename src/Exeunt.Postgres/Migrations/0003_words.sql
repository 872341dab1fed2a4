-- What each node has to say to the others while it lives: which guards follow it, and how far each has acknowledged. Unlogged: a word costs no sync, and after
-- a crash there is none, as nobody has acknowledged anything then.
create unlogged table node_words (
    node  text primary key,
    at    bigint not null,                      -- unix milliseconds, ledger time
    word  text not null
);
