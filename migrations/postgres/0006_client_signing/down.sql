-- The ID tokens of clients that registered an algorithm are then signed with the newest key, as those of all others.
DROP TABLE IF EXISTS hx_client;
