ALTER TABLE hydra_client DROP COLUMN IF EXISTS rotated_secrets;
