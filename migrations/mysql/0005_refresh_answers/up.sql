-- Answers to refreshes, kept for about a minute: whoever lost an answer gets the same one again. A table of ours: Hydra does
-- not know it, so no foreign key may tie its tables to this one. Each answer is sealed under a key that the spent token yields.
CREATE TABLE IF NOT EXISTS hx_refresh_answer (
    signature           VARCHAR(255) NOT NULL,
    nid                 CHAR(36) NOT NULL,
    request_id          VARCHAR(40) NOT NULL,
    successor_signature VARCHAR(255) NOT NULL,
    ask                 VARCHAR(64) NOT NULL,
    binding             VARCHAR(96) NULL DEFAULT NULL,
    answer              MEDIUMBLOB NOT NULL,
    rotated_at          DATETIME(6) NOT NULL,
    expires_at          DATETIME(6) NOT NULL,
    PRIMARY KEY (signature, nid),
    KEY hx_refresh_answer_expires_at_idx (expires_at, nid),
    KEY hx_refresh_answer_request_id_idx (request_id, nid),
    KEY hx_refresh_answer_successor_signature_idx (successor_signature, nid)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
