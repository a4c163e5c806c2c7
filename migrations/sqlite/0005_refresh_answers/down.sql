-- A refresh whose answer got lost can then not be repeated; nothing else is lost.
DROP INDEX IF EXISTS hx_oauth2_code_signature_idx;
DROP TABLE IF EXISTS hx_refresh_answer;
