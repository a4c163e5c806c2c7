-- Finds the consents of a login session.
-- MySQL has no IF NOT EXISTS here; a run that was killed in between must be able to go on.
SET @statement = IF(
    (SELECT COUNT(*) FROM information_schema.statistics
     WHERE table_schema = DATABASE() AND table_name = 'hydra_oauth2_flow'
       AND index_name = 'hydra_oauth2_flow_login_session_subject_idx') = 0,
    'CREATE INDEX hydra_oauth2_flow_login_session_subject_idx ON hydra_oauth2_flow (nid, login_session_id, subject)',
    'DO 0'
);
PREPARE step FROM @statement;
EXECUTE step;
DEALLOCATE PREPARE step;

-- The new index serves the foreign key on nid too, so the one that was there for it alone goes (mostly MySQL did it already).
SET @statement = IF(
    (SELECT COUNT(*) FROM information_schema.statistics
     WHERE table_schema = DATABASE() AND table_name = 'hydra_oauth2_flow'
       AND index_name = 'hydra_oauth2_flow_nid_fk_idx') > 0,
    'DROP INDEX hydra_oauth2_flow_nid_fk_idx ON hydra_oauth2_flow',
    'DO 0'
);
PREPARE step FROM @statement;
EXECUTE step;
DEALLOCATE PREPARE step;
