-- A refresh whose answer got lost can then not be repeated; nothing else is lost.
DROP TABLE IF EXISTS hx_refresh_answer;
