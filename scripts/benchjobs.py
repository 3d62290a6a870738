"""The jobs of the bench, and how each peer does them: commands for `pagemill bench --against`."""
import shlex
import sys

from benchlib import WORKERS, find

SLOW = True  # a peer so slow that it runs on the mid file when the big one is asked for


class Peer:
    """A way to do a job with a tool: a command of the shell, with {in} and maybe {out}."""

    def __init__(self, name, tool, command, slow=False, note=""):
        self.name, self.tool, self.command, self.slow, self.note = name, tool, command, slow, note


class Job:
    """A workload of `pagemill bench` with some data, and the peers that do the same."""

    def __init__(self, key, title, data, workload, peers, flags=(), runs=None):
        self.key, self.title, self.data, self.workload, self.peers = key, title, data, workload, peers
        self.flags, self.runs = flags, runs


def python(tool, code, name=None, output=True):
    """Runs a Python package: the paths are `i` and `o`."""
    head = "import sys; i, o = (sys.argv[1:3] + [''])[:2]; import %s\n" % ("polars as pl" if tool == "polars" else tool)
    words = [sys.executable, "-c", head + code]
    return Peer(name or tool, tool, shlex.join(words) + (" {in} {out}" if output else " {in}"))


def duck(sql, before="", name="duckdb"):
    return python("duckdb", "duckdb.sql(f\"\"\"SET threads=%d; %s%s\"\"\")" % (WORKERS, before, sql), name)


def duck_both(sql):
    return [duck(sql), duck(sql, "SET preserve_insertion_order=false; ", "duckdb unordered")]


def polars(code, name="polars"):
    return python("polars", code, name)


def chdb(select, target):
    """ClickHouse in a process: chdb."""
    sql = "%s INTO OUTFILE '{o}' TRUNCATE FORMAT %s SETTINGS max_threads=%d" % (select, target, WORKERS)
    return python("chdb", "chdb.query(f\"\"\"%s\"\"\")" % sql)


def command(name, *words, tool=None, **more):
    """A command of words, with IN for the input's path; without it, the input is on standard input."""
    tool = tool or words[0]
    path = find(tool) or tool
    line = " ".join("{in}" if word == "IN" else shlex.quote(path if at == 0 else word) for at, word in enumerate(words))
    return Peer(name, tool, line, **more)


def to_ndjson():
    return duck_both("COPY (FROM read_csv('{i}')) TO '{o}' (FORMAT json)") + [
        polars("pl.scan_csv(i).sink_ndjson(o)"),
        chdb("SELECT * FROM file('{i}', CSVWithNames)", "JSONEachRow"),
        command("zsv 2json", "zsv", "2json", "--object", "--compact", "IN", note="one array of strings"),
        command("xan to", "xan", "to", "ndjson", "IN"),
        command("qsv tojsonl", "qsv", "tojsonl", "IN", slow=SLOW),
        command("mlr", "mlr", "--icsv", "--ojsonl", "cat", "IN", slow=SLOW),
    ]


def select(columns):
    names, comma = repr(list(columns)), ",".join(columns)
    return duck_both("COPY (SELECT %s FROM read_csv('{i}')) TO '{o}' (FORMAT csv)" % ", ".join(columns)) + [
        polars("pl.scan_csv(i).select(%s).sink_csv(o)" % names),
        chdb("SELECT %s FROM file('{i}', CSVWithNames)" % comma, "CSVWithNames"),
        command("zsv select fast -j2", "zsv", "select", "-W", "--parser", "fast", "-j", "2", "IN", "--", *columns),
        command("zsv select", "zsv", "select", "-W", "IN", "--", *columns),
        command("xan select", "xan", "select", comma, "IN"),
        command("qsv select", "qsv", "select", comma, "IN"),
        command("mlr", "mlr", "--icsv", "--ocsv", "cut", "-o", "-f", comma, "IN", slow=SLOW),
    ]


def filtered(sql, xan, expression="pl.col('fare') > 30"):
    return duck_both("COPY (SELECT * FROM read_csv('{i}') WHERE %s) TO '{o}' (FORMAT csv)" % sql) + [
        polars("pl.scan_csv(i).filter(%s).sink_csv(o)" % expression),
        command("xan filter", "xan", "filter", xan, "IN"),
        command("xan filter -p", "xan", "filter", "-p", xan, "IN"),
    ]


NESTED = "SELECT id, type, actor.login AS \"actor.login\" FROM read_json('{i}', format='newline_delimited'%s)"
GIVEN = ", columns={{id: 'VARCHAR', type: 'VARCHAR', actor: 'STRUCT(login VARCHAR)'}}"
LOGIN = "pl.col('actor').struct.field('login').alias('actor.login')"

JOBS = [
    Job("csv-ndjson", "CSV → NDJSON, numeric", "numeric", "csv-ndjson", to_ndjson()),
    Job("csv-ndjson-quoted", "CSV → NDJSON, quoted text", "quoted", "csv-ndjson", to_ndjson()),
    Job("ndjson-csv", "NDJSON → CSV, flat", "flat", "ndjson-csv", [
        duck("COPY (FROM read_json('{i}', format='newline_delimited')) TO '{o}' (FORMAT csv)"),
        polars("pl.scan_ndjson(i).sink_csv(o)"),
        chdb("SELECT * FROM file('{i}', JSONEachRow)", "CSVWithNames"),
        command("xan from", "xan", "from", "-f", "ndjson", "IN"),
        command("qsv jsonl", "qsv", "jsonl", "IN"),
        command("jq", "jq", "-r", "[.[]]|@csv", "IN", slow=SLOW, note="no header"),
        command("mlr", "mlr", "--ijsonl", "--ocsv", "cat", "IN", slow=SLOW),
    ]),
    Job("array-ndjson", "JSON array → NDJSON", "array", "json-ndjson", [
        duck("COPY (FROM read_json('{i}', format='array')) TO '{o}' (FORMAT json)"),
        polars("pl.read_json(i).write_ndjson(o)"),
        chdb("SELECT * FROM file('{i}', JSONEachRow)", "JSONEachRow"),
        command("jq", "jq", "-c", ".[]", "IN", slow=SLOW),
        command("mlr", "mlr", "--ijson", "--ojsonl", "cat", "IN", slow=SLOW),
    ]),
    Job("nested-csv", "NDJSON nested → CSV of 3 fields", "nested", "ndjson-select", [
        duck("COPY (%s) TO '{o}' (FORMAT csv)" % (NESTED % "")),
        duck("COPY (%s) TO '{o}' (FORMAT csv)" % (NESTED % GIVEN), name="duckdb, schema given"),
        polars("pl.scan_ndjson(i, schema={'id': pl.String, 'type': pl.String, 'actor': pl.Struct({'login': pl.String})})"
               ".select('id', 'type', %s).sink_csv(o)" % LOGIN, "polars, schema given"),
        chdb("SELECT id, type, tupleElement(actor, 'login') AS \"actor.login\" FROM file('{i}', JSONEachRow, "
             "'id String, type String, actor Tuple(login String)')", "CSVWithNames"),
        command("jq", "jq", "-r", "[.id, .type, .actor.login]|@csv", "IN", slow=SLOW, note="no header"),
        command("mlr", "mlr", "--ijsonl", "--ocsv", "flatten", "then", "cut", "-o", "-f", "id,type,actor.login", "IN", slow=SLOW),
    ], ["--select", "id,type,actor.login"]),
    Job("csv-csv", "CSV → CSV, all fields in quotes", "quoted", "csv-csv", [
        duck("COPY (FROM read_csv('{i}')) TO '{o}' (FORMAT csv, FORCE_QUOTE *)"),
        polars("pl.scan_csv(i).sink_csv(o, quote_style='always')"),
        command("xan fmt", "xan", "fmt", "--quote-always", "IN"),
        command("qsv fmt", "qsv", "fmt", "--quote-always", "IN"),
        command("mlr", "mlr", "--icsv", "--ocsv", "--quote-all", "cat", "IN", slow=SLOW),
    ]),
    Job("select", "CSV select 3 columns, numeric", "numeric", "select", select(("id", "payment", "total")),
        ["--select", "id,payment,total"]),
    Job("select-quoted", "CSV select 3 columns, quoted", "quoted", "select", select(("id", "title", "rating")),
        ["--select", "id,title,rating"]),
    Job("filter", "CSV records with fare > 30, numeric", "numeric", "filter", filtered("fare > 30", "fare > 30") + [
        command("mlr", "mlr", "--icsv", "--ocsv", "filter", "$fare > 30", "IN", slow=SLOW),
    ], ["--where", "fare > 30"]),
    Job("filter-rare", "CSV records with a rare text, numeric", "numeric", "filter", filtered(
        "id = '1000004711'", "id eq \"1000004711\"", "pl.col('id') == 1000004711") + [
        command("qsv search", "qsv", "search", "--exact", "-s", "id", "1000004711", "IN"),
        command("mlr", "mlr", "--icsv", "--ocsv", "-S", "filter", '$id == "1000004711"', "IN", slow=SLOW),
    ], ["--where", "id = '1000004711'"]),
    Job("set", "CSV with a field fare × 1.1, numeric", "numeric", "set", duck_both(
        "COPY (SELECT *, fare * 1.1 AS gross FROM read_csv('{i}')) TO '{o}' (FORMAT csv)") + [
        polars("pl.scan_csv(i).with_columns((pl.col('fare') * 1.1).alias('gross')).sink_csv(o)"),
        command("xan map", "xan", "map", "fare * 1.1 as gross", "IN"),
        command("qsv", "qsv", "luau", "map", "gross", "fare * 1.1", "IN", slow=SLOW),
        command("mlr", "mlr", "--icsv", "--ocsv", "put", "$gross = $fare * 1.1", "IN", slow=SLOW),
    ], ["--set", "gross=fare*1.1"]),
    Job("sort", "CSV sorted by number in 100 MB", "numeric", "sort", [
        duck("SET memory_limit='100MB'; COPY (FROM read_csv('{i}') ORDER BY fare) TO '{o}' (FORMAT csv)"),
        Peer("sort -S 100M", "sort", "sh -c %s {in}" % shlex.quote(
            'head -1 "$0"; tail -n +2 "$0" | LC_ALL=C sort -s -t, -k13,13g -S 100M --parallel=2')),
        command("mlr sort", "mlr", "--icsv", "--ocsv", "sort", "-nf", "fare", "IN", slow=SLOW),
    ], ["--by", "fare:number", "--memory-limit", "100MB"], runs=3),
    Job("dedupe", "CSV without records that repeat a device", "numeric", "dedupe", [
        duck("COPY (SELECT * FROM read_csv('{i}') QUALIFY row_number() OVER (PARTITION BY device) = 1) TO '{o}' (FORMAT csv)"),
        command("xan dedup", "xan", "dedup", "-s", "device", "IN"),
    ], ["--dedupe", "device"]),
    Job("dedupe-ids", "CSV without records that repeat an id (none do)", "numeric", "dedupe", [
        command("xan dedup", "xan", "dedup", "-s", "id", "IN"),
    ], ["--dedupe", "id"]),
    Job("stats", "every column of CSV described", "numeric", "stats", [
        duck("COPY (FROM (SUMMARIZE FROM read_csv('{i}'))) TO '{o}' (FORMAT csv)"),
        command("xan stats", "xan", "stats", "-A", "IN"),
        command("qsv stats", "qsv", "stats", "--everything", "IN"),
        command("mlr summary", "mlr", "--icsv", "--ocsv", "summary", "IN", slow=SLOW),
    ]),
    Job("aggregate", "CSV groups: count, sum, mean, 95th percentile", "numeric", "aggregate", duck_both(
        "COPY (SELECT zone_from, count(*) n, sum(fare) s, avg(fare) m, quantile_disc(fare, 0.95) p FROM read_csv('{i}') "
        "GROUP BY zone_from) TO '{o}' (FORMAT csv)") + [
        polars("pl.scan_csv(i).group_by('zone_from').agg(pl.len().alias('n'), pl.col('fare').sum().alias('s'), "
               "pl.col('fare').mean().alias('m'), pl.col('fare').quantile(0.95).alias('p')).collect(engine='streaming').write_csv(o)"),
        command("xan groupby -p", "xan", "groupby", "zone_from",
                "count() as n, sum(fare) as s, mean(fare) as m, quantile(fare, 0.95) as p", "-p", "-t", "2", "IN"),
        command("mlr", "mlr", "--icsv", "--ocsv", "stats1", "-a", "count,sum,mean,p95", "-f", "fare", "-g", "zone_from", "IN",
                slow=SLOW),
    ], ["--by", "zone_from", "--agg", "n=count(),s=sum(fare),m=mean(fare),p=quantile(fare,0.95)"]),
    Job("csv-tsv", "CSV → TSV, quoted", "quoted", "csv-tsv", [
        duck("COPY (FROM read_csv('{i}')) TO '{o}' (FORMAT csv, DELIMITER '\\t')"),
        polars("pl.scan_csv(i).sink_csv(o, separator='\\t')"),
        command("xan fmt", "xan", "fmt", "-t", "\t", "IN"),
        command("qsv fmt", "qsv", "fmt", "-t", "\t", "IN"),
        command("zsv 2tsv", "zsv", "2tsv", "IN", note="backslash escapes"),
        command("mlr", "mlr", "--icsv", "--otsv", "cat", "IN", slow=SLOW, note="backslash escapes"),
    ]),
    Job("count-csv", "CSV count records, quoted", "quoted", "count-records", [
        python("duckdb", "duckdb.sql('SET threads=%d'); print(duckdb.sql(f\"SELECT count(*) FROM read_csv('{i}')\").fetchall()[0][0])"
               % WORKERS, output=False),
        python("polars", "print(pl.scan_csv(i).select(pl.len()).collect(engine='streaming').item())", output=False),
        command("zsv count fast", "zsv", "count", "--parser", "fast", "IN"),
        command("zsv count", "zsv", "count", "IN"),
        command("xan count -t 2", "xan", "count", "-t", "2", "IN"),
        command("qsv count", "qsv", "count", "IN"),
        command("mlr", "mlr", "--icsv", "--ojson", "count", "IN", slow=SLOW),
    ]),
    Job("upper", "text upper case, full Unicode", "text", "upper", [
        command("tr a-z A-Z", "tr", "a-z", "A-Z", note="ASCII only"),
        command("uutils tr", "coreutils", "tr", "a-z", "A-Z", note="ASCII only"),
        command("perl uc", "perl", "-CSD", "-pe", "$_ = uc", "IN", slow=SLOW),
        command("sed \\U", "sed", "s/.*/\\U&/", "IN", slow=SLOW, note="one character for one: ß stays"),
    ]),
    Job("reverse", "text reverse", "text", "reverse", [
        command("perl reverse", "perl", "-CSD", "-ne", "chomp; print scalar reverse($_), \"\\n\"", "IN", slow=SLOW,
                note="by scalar value"),
        command("rev", "rev", "IN", slow=SLOW, note="by scalar value"),
    ]),
    Job("count", "count lines, words, characters, bytes", "text", "count", [
        command("wc -lwmc", "wc", "-lwmc", "IN"),
        command("wc -lwc", "wc", "-lwc", "IN", note="no characters"),
        command("uutils wc -lwc", "coreutils", "wc", "-lwc", "IN", note="no characters"),
    ]),
    Job("small-file", "CSV → NDJSON of a 10 KB file, start to end", "tiny", "small-file", [
        command("zsv 2json", "zsv", "2json", "--object", "--compact", "IN", note="one array of strings"),
        command("xan to", "xan", "to", "ndjson", "IN"),
        command("mlr", "mlr", "--icsv", "--ojsonl", "cat", "IN"),
        command("qsv tojsonl", "qsv", "tojsonl", "IN"),
    ], runs=100),
]


def job(key):
    return next(job for job in JOBS if job.key == key)
