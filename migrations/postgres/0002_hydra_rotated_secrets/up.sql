-- Earlier secrets of a client that still work after a rotation.
ALTER TABLE hydra_client ADD COLUMN IF NOT EXISTS rotated_secrets jsonb;
