-- What a client registered that Hydra has no column for. A table of ours: Hydra does not know it, so no foreign key may tie its
-- tables to this one. A row counts for the client that was registered at this moment: when Hydra deletes a client, its row stays
-- behind, and must not count for another one of the same id.
CREATE TABLE hx_client (
    id                           VARCHAR(255) NOT NULL,
    nid                          UUID NOT NULL,
    id_token_signed_response_alg VARCHAR(10) NOT NULL,
    client_created_at            TIMESTAMP NOT NULL,
    PRIMARY KEY (id, nid)
);
