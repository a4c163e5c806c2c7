# Scratch databases of any kind for a server that scripts start. Sourced, after common.sh.
# shellcheck shell=bash
# shellcheck source=scripts/databases.sh
source scripts/databases.sh

# Makes sure that there is a server of the kind to make databases in.
need_database() {
    case $1 in
        postgres)
            [ -n "${TEST_POSTGRES_URL:-}" ] || need_postgres_server
            start_databases postgres
            ;;
        mysql)
            [ -n "${TEST_MYSQL_URL:-}" ] || need_mariadb_server
            start_databases mysql
            ;;
    esac
}

# fresh_database KIND FOLDER HYDRA: prints the DSN of a new, migrated database; a SQLite file and logs go into FOLDER.
fresh_database() {
    local dsn folder=$2 hydra=$3 name=scratch_$$_$RANDOM
    case $1 in
        sqlite) dsn="sqlite://$folder/$name.sqlite?_fk=true" ;;
        postgres)
            psql -q "$TEST_POSTGRES_URL" -c "create database $name" || return 1
            dsn="${TEST_POSTGRES_URL%/*}/$name"
            ;;
        mysql)
            mysql_statement "create database $name" || return 1
            dsn="${TEST_MYSQL_URL%/*}/$name"
            ;;
    esac
    if ! DSN=$dsn "$hydra" migrate sql up -e --yes >"$folder/migrate.log" 2>&1; then
        cat "$folder/migrate.log" >&2
        return 1
    fi
    say "$dsn"
}

# Takes TEST_MYSQL_URL apart, for the client knows no addresses of that form.
mysql_statement() {
    local rest=${TEST_MYSQL_URL#*://} login place
    login=${rest%@*} place=${rest##*@}
    place=${place%%/*}
    local options=(--no-defaults --protocol=tcp -h "${place%:*}" -P "${place##*:}" -u "${login%%:*}")
    [ "$login" = "${login#*:}" ] || options+=("--password=${login#*:}")
    mariadb "${options[@]}" -e "$1"
}
