-- Earlier secrets of a client that still work after a rotation.
-- MySQL has no IF NOT EXISTS here; a run that was killed in between must be able to go on.
SET @statement = IF(
    (SELECT COUNT(*) FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'hydra_client'
       AND column_name = 'rotated_secrets') = 0,
    'ALTER TABLE hydra_client ADD COLUMN rotated_secrets JSON NULL',
    'DO 0'
);
PREPARE step FROM @statement;
EXECUTE step;
DEALLOCATE PREPARE step;
