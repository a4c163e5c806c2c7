DROP INDEX IF EXISTS hydra_oauth2_access_nid_subject_idx;
DROP INDEX IF EXISTS hydra_oauth2_refresh_nid_subject_idx;
