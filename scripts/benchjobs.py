"""The jobs of the bench, and how each peer does them."""
import sys

from benchlib import WORKERS, find

SLOW = True  # a peer so slow that it runs on the mid file when the big one is asked for


class Peer:
    """A way to do a job with a tool. `argv` is made by a function of the input's and the output's path."""

    def __init__(self, name, tool, argv, kind=None, stdin=False, stdout=True, slow=False, note=""):
        self.name, self.tool, self.argv, self.kind = name, tool, argv, kind
        self.stdin, self.stdout, self.slow, self.note = stdin, stdout, slow, note


class Job:
    """What pagemill is told, what the peers are told, and what is wanted.

    `wanted` are pairs of a factor and a predicate over peers; `kind` is a key of benchlib.READERS, or None when peers
    do something that is only alike.
    """

    def __init__(self, key, title, data, ours, kind, peers, wanted, half_limit=False, repeat=1):
        self.key, self.title, self.data, self.ours, self.kind = key, title, data, ours, kind
        self.peers, self.wanted, self.half_limit, self.repeat = peers, wanted, half_limit, repeat


def python(tool, code):
    """Runs a Python package: the paths are `i` and `o`."""
    head = "import sys; i, o = sys.argv[1:3]; import %s\n" % ("polars as pl" if tool == "polars" else tool)
    return lambda i, o: [sys.executable, "-c", head + code, i, o]


def duck(sql, before="", name="duckdb"):
    code = ("duckdb.sql(f\"\"\"SET threads=%d; %s%s\"\"\")" % (WORKERS, before, sql))
    return Peer(name, "duckdb", python("duckdb", code), stdout=False)


def duck_both(sql):
    return [duck(sql), duck(sql, "SET preserve_insertion_order=false; ", "duckdb unordered")]


def polars(code, name="polars"):
    return Peer(name, "polars", python("polars", code), stdout=False)


def chdb(select, target, settings=""):
    """ClickHouse in a process: chdb."""
    sql = "%s INTO OUTFILE '{o}' TRUNCATE FORMAT %s SETTINGS max_threads=%d%s" % (select, target, WORKERS, settings)
    return Peer("chdb", "chdb", python("chdb", "chdb.query(f\"\"\"%s\"\"\")" % sql), stdout=False)


def command(name, *words, tool=None, **more):
    """A command of words, with IN for the input's path."""
    tool = tool or words[0]
    return Peer(name, tool, lambda i, o: [find(tool) if n == 0 else i if w == "IN" else w for n, w in enumerate(words)], **more)


def convert(*flags):
    return lambda binary, i, o: [binary, "convert", i, "-o", o, "--force", "-q", "-j", str(WORKERS), *flags]


def best(factor):
    return (factor, "the best peer", lambda peer: True)


def to_ndjson():
    return duck_both("COPY (FROM read_csv('{i}')) TO '{o}' (FORMAT json)") + [
        polars("pl.scan_csv(i).sink_ndjson(o)"),
        chdb("SELECT * FROM file('{i}', CSVWithNames)", "JSONEachRow"),
        command("zsv 2json", "zsv", "2json", "--object", "--compact", "IN", kind="array", note="one array of strings"),
        command("xan to", "xan", "to", "ndjson", "IN"),
        command("qsv tojsonl", "qsv", "tojsonl", "IN", slow=SLOW),
        command("mlr", "mlr", "--icsv", "--ojsonl", "cat", "IN", slow=SLOW),
    ]


def select(columns):
    quoted = ", ".join('"%s"' % c for c in columns)
    names, comma = repr(list(columns)), ",".join(columns)
    return duck_both("COPY (SELECT %s FROM read_csv('{i}')) TO '{o}' (FORMAT csv)" % quoted.replace('"', "")) + [
        polars("pl.scan_csv(i).select(%s).sink_csv(o)" % names),
        chdb("SELECT %s FROM file('{i}', CSVWithNames)" % comma, "CSVWithNames"),
        command("zsv select fast -j2", "zsv", "select", "-W", "--parser", "fast", "-j", "2", "IN", "--", *columns),
        command("zsv select", "zsv", "select", "-W", "IN", "--", *columns),
        command("xan select", "xan", "select", comma, "IN"),
        command("qsv select", "qsv", "select", comma, "IN"),
        command("mlr", "mlr", "--icsv", "--ocsv", "cut", "-o", "-f", comma, "IN", slow=SLOW),
    ]


NESTED = "SELECT id, type, actor.login AS \"actor.login\" FROM read_json('{i}', format='newline_delimited'%s)"
GIVEN = ", columns={{id: 'VARCHAR', type: 'VARCHAR', actor: 'STRUCT(login VARCHAR)'}}"
LOGIN = "pl.col('actor').struct.field('login').alias('actor.login')"

JOBS = [
    Job("csv-ndjson", "CSV → NDJSON, numeric", "numeric", convert("-t", "ndjson"), "ndjson", to_ndjson(), [best(10)]),
    Job("csv-ndjson-quoted", "CSV → NDJSON, quoted text", "quoted", convert("-t", "ndjson"), "ndjson", to_ndjson(), [best(4)]),
    Job("ndjson-csv", "NDJSON → CSV, flat", "flat", convert("-t", "csv"), "csv", [
        duck("COPY (FROM read_json('{i}', format='newline_delimited')) TO '{o}' (FORMAT csv)"),
        polars("pl.scan_ndjson(i).sink_csv(o)"),
        chdb("SELECT * FROM file('{i}', JSONEachRow)", "CSVWithNames"),
        command("xan from", "xan", "from", "-f", "ndjson", "IN"),
        command("qsv jsonl", "qsv", "jsonl", "IN"),
        command("jq", "jq", "-r", "[.[]]|@csv", "IN", kind="csv-rows", slow=SLOW, note="no header"),
        command("mlr", "mlr", "--ijsonl", "--ocsv", "cat", "IN", slow=SLOW),
    ], [best(7)]),
    Job("array-ndjson", "JSON array → NDJSON", "array", convert("-t", "ndjson"), "ndjson", [
        duck("COPY (FROM read_json('{i}', format='array')) TO '{o}' (FORMAT json)"),
        polars("pl.read_json(i).write_ndjson(o)"),
        chdb("SELECT * FROM file('{i}', JSONEachRow)", "JSONEachRow"),
        command("jq", "jq", "-c", ".[]", "IN", slow=SLOW),
        command("mlr", "mlr", "--ijson", "--ojsonl", "cat", "IN", slow=SLOW),
    ], [best(8)]),
    Job("nested-csv", "NDJSON nested → CSV of 3 fields", "nested", convert("-t", "csv", "--select", "id,type,actor.login"), "csv", [
        duck("COPY (%s) TO '{o}' (FORMAT csv)" % (NESTED % "")),
        duck("COPY (%s) TO '{o}' (FORMAT csv)" % (NESTED % GIVEN), name="duckdb, schema given"),
        polars("pl.scan_ndjson(i, schema={'id': pl.String, 'type': pl.String, 'actor': pl.Struct({'login': pl.String})})"
               ".select('id', 'type', %s).sink_csv(o)" % LOGIN, "polars, schema given"),
        chdb("SELECT id, type, tupleElement(actor, 'login') AS \"actor.login\" FROM file('{i}', JSONEachRow, "
             "'id String, type String, actor Tuple(login String)')", "CSVWithNames"),
        command("jq", "jq", "-r", "[.id, .type, .actor.login]|@csv", "IN", kind="csv-rows", slow=SLOW, note="no header"),
        command("mlr", "mlr", "--ijsonl", "--ocsv", "flatten", "then", "cut", "-o", "-f", "id,type,actor.login", "IN", slow=SLOW),
    ], [best(3.5)]),
    Job("csv-csv", "CSV → CSV, quoted", "quoted", convert("-t", "csv"), "csv", [
        duck("COPY (FROM read_csv('{i}')) TO '{o}' (FORMAT csv)"),
        polars("pl.scan_csv(i).sink_csv(o)"),
        command("xan fmt", "xan", "fmt", "IN"),
        command("qsv fmt", "qsv", "fmt", "IN"),
        command("mlr", "mlr", "--icsv", "--ocsv", "cat", "IN", slow=SLOW),
    ], [best(2)]),
    Job("select", "CSV select 3 columns, numeric", "numeric", convert("-t", "csv", "--select", "id,payment,total"), "csv",
        select(("id", "payment", "total")), [best(2.5)], half_limit=True),
    Job("select-quoted", "CSV select 3 columns, quoted", "quoted", convert("-t", "csv", "--select", "id,title,rating"), "csv",
        select(("id", "title", "rating")), [best(2.5)], half_limit=True),
    Job("csv-tsv", "CSV → TSV, quoted", "quoted", convert("-t", "tsv"), "tsv", [
        duck("COPY (FROM read_csv('{i}')) TO '{o}' (FORMAT csv, DELIMITER '\\t')"),
        polars("pl.scan_csv(i).sink_csv(o, separator='\\t')"),
        command("xan fmt", "xan", "fmt", "-t", "\t", "IN"),
        command("qsv fmt", "qsv", "fmt", "-t", "\t", "IN"),
        Peer("zsv 2tsv", "zsv", lambda i, o: [find("zsv"), "2tsv", i], kind="other", note="backslash escapes"),
        Peer("mlr", "mlr", lambda i, o: [find("mlr"), "--icsv", "--otsv", "cat", i], kind="other", slow=SLOW,
             note="backslash escapes"),
    ], [best(4)]),
    Job("count-csv", "CSV count records, quoted", "quoted",
        lambda binary, i, o: [binary, "count", "-r", "-f", "csv", "-j", str(WORKERS), i], "numbers", [
            Peer("duckdb", "duckdb", python("duckdb", "duckdb.sql('SET threads=%d'); print(duckdb.sql(f\"SELECT count(*) FROM "
                                                      "read_csv('{i}')\").fetchall()[0][0])" % WORKERS)),
            Peer("polars", "polars", python("polars", "print(pl.scan_csv(i).select(pl.len()).collect(engine='streaming').item())")),
            command("zsv count fast", "zsv", "count", "--parser", "fast", "IN"),
            command("zsv count", "zsv", "count", "IN"),
            command("xan count -t 2", "xan", "count", "-t", "2", "IN"),
            command("qsv count", "qsv", "count", "IN"),
            command("mlr", "mlr", "--icsv", "--ojson", "count", "IN", kind="other", slow=SLOW),
        ], [best(1.5)], half_limit=True),
    Job("upper", "text upper case, full Unicode", "text", convert("-t", "text", "--op", "upper"), "text", [
        command("tr a-z A-Z", "tr", "a-z", "A-Z", stdin=True, kind="other", note="ASCII only"),
        command("uutils tr", "coreutils", "tr", "a-z", "A-Z", stdin=True, kind="other", note="ASCII only"),
        command("perl uc", "perl", "-CSD", "-pe", "$_ = uc", "IN", slow=SLOW),
        command("sed \\U", "sed", "s/.*/\\U&/", "IN", slow=SLOW, note="one character for one: ß stays"),
    ], [(2, "the best tr", lambda p: p.tool in ("tr", "coreutils")), (30, "the best with Unicode", lambda p: p.tool in ("perl", "sed"))]),
    Job("reverse", "text reverse", "text", convert("-t", "text", "--op", "reverse"), "text", [
        command("perl reverse", "perl", "-CSD", "-ne", "chomp; print scalar reverse($_), \"\\n\"", "IN", slow=SLOW,
                note="by scalar value"),
        command("rev", "rev", "IN", slow=SLOW, note="by scalar value"),
    ], [(12, "perl", lambda p: p.tool == "perl")]),
    Job("count", "count lines, words, characters, bytes", "text",
        lambda binary, i, o: [binary, "count", "-j", str(WORKERS), i], "numbers", [
            command("wc -lwmc", "wc", "-lwmc", "IN"),
            command("wc -lwc", "wc", "-lwc", "IN", kind="other", note="no characters"),
            command("uutils wc -lwc", "coreutils", "wc", "-lwc", "IN", kind="other", note="no characters"),
        ], [best(10)], half_limit=True),
    Job("small-file", "CSV → NDJSON of a 10 KB file, start to end", "tiny", convert("-t", "ndjson"), "ndjson", [
        command("zsv 2json", "zsv", "2json", "--object", "--compact", "IN", kind="array", note="one array of strings"),
        command("xan to", "xan", "to", "ndjson", "IN"),
        command("mlr", "mlr", "--icsv", "--ojsonl", "cat", "IN"),
        command("qsv tojsonl", "qsv", "tojsonl", "IN"),
    ], [best(1)], repeat=20),
]


def job(key):
    return next(job for job in JOBS if job.key == key)
