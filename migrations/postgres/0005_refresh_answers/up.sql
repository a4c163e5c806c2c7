-- Answers to refreshes, kept for about a minute: whoever lost an answer gets the same one again. A table of ours: Hydra does
-- not know it, so no foreign key may tie its tables to this one. Each answer is sealed under a key that the spent token yields.
CREATE TABLE hx_refresh_answer (
    signature           VARCHAR(255) NOT NULL,
    nid                 UUID NOT NULL,
    request_id          VARCHAR(40) NOT NULL,
    successor_signature VARCHAR(255) NOT NULL,
    ask                 VARCHAR(64) NOT NULL,
    binding             VARCHAR(96),
    answer              BYTEA NOT NULL,
    rotated_at          TIMESTAMP NOT NULL,
    expires_at          TIMESTAMP NOT NULL,
    PRIMARY KEY (signature, nid)
);
CREATE INDEX hx_refresh_answer_expires_at_idx
    ON hx_refresh_answer (expires_at, nid);
CREATE INDEX hx_refresh_answer_request_id_idx
    ON hx_refresh_answer (request_id, nid);
CREATE INDEX hx_refresh_answer_successor_signature_idx
    ON hx_refresh_answer (successor_signature, nid);
