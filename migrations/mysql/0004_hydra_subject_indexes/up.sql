-- Finds the tokens of a subject.
-- MySQL has no IF NOT EXISTS here; a run that was killed in between must be able to go on.
SET @statement = IF(
    (SELECT COUNT(*) FROM information_schema.statistics
     WHERE table_schema = DATABASE() AND table_name = 'hydra_oauth2_access'
       AND index_name = 'hydra_oauth2_access_subject_nid_idx') = 0,
    'CREATE INDEX hydra_oauth2_access_subject_nid_idx ON hydra_oauth2_access (subject, nid, client_id)',
    'DO 0'
);
PREPARE step FROM @statement;
EXECUTE step;
DEALLOCATE PREPARE step;

SET @statement = IF(
    (SELECT COUNT(*) FROM information_schema.statistics
     WHERE table_schema = DATABASE() AND table_name = 'hydra_oauth2_refresh'
       AND index_name = 'hydra_oauth2_refresh_subject_nid_idx') = 0,
    'CREATE INDEX hydra_oauth2_refresh_subject_nid_idx ON hydra_oauth2_refresh (subject, nid, client_id)',
    'DO 0'
);
PREPARE step FROM @statement;
EXECUTE step;
DEALLOCATE PREPARE step;
