-- Earlier secrets of a client that still work after a rotation.
ALTER TABLE hydra_client ADD COLUMN rotated_secrets JSONB NULL;
