-- Finds the tokens of a subject.
CREATE INDEX IF NOT EXISTS hydra_oauth2_access_nid_subject_idx
    ON hydra_oauth2_access (nid, subject, client_id);
CREATE INDEX IF NOT EXISTS hydra_oauth2_refresh_nid_subject_idx
    ON hydra_oauth2_refresh (nid, subject, client_id);
