-- MySQL has no IF EXISTS here; a run that was killed in between must be able to go on.
SET @statement = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'hydra_client'
       AND column_name = 'rotated_secrets') > 0,
    'ALTER TABLE hydra_client DROP COLUMN rotated_secrets',
    'DO 0'
);
PREPARE step FROM @statement;
EXECUTE step;
DEALLOCATE PREPARE step;
