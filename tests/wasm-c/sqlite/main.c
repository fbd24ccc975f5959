// SQLite at work: a table, an index, JSON, updates, a full-text index, and its own check.
#include "sqlite3.h"
#include <stdio.h>

static const char *const WORK[] = {
    "create table t(id integer primary key, name text, x real)",
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)"
    " insert into t select i, printf('name %05d', i * 7919 % 5000), i * 0.5 from n",
    "create index by_name on t(name)",
    "select count(*), sum(x), min(name), max(name) from t",
    "select id, name from t where name between 'name 00100' and 'name 00103' order by name",
    "select json_group_array(id) from (select id from t order by x desc limit 3)",
    "update t set x = x * 2 where id % 2",
    "delete from t where id > 4000",
    "vacuum",
    "select total(x) from t",
    "create virtual table f using fts5(body)",
    "insert into f values ('the quick brown fox'), ('lazy dogs')",
    "select body from f where f match 'quick'",
    "pragma integrity_check",
};

static int row(void *none, int count, char **values, char **names) {
    for (int at = 0; at < count; at++) printf("%s%s", at ? "|" : "", values[at] ? values[at] : "NULL");
    puts("");
    return 0;
}

int main(void) {
    sqlite3 *db;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK) return 1;
    for (size_t at = 0; at < sizeof WORK / sizeof *WORK; at++) {
        char *error = NULL;
        if (sqlite3_exec(db, WORK[at], row, NULL, &error) != SQLITE_OK) {
            printf("%s: %s\n", WORK[at], error);
            return 1;
        }
    }
    return sqlite3_close(db);
}
