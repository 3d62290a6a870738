//! The examples and their answers, the files that they are about, and what plays the world outside.

/// An example, and what it comes to.
pub struct Answer {
    pub command: &'static str,
    /// Commands that make what it needs, apart from [`FILES`].
    pub before: &'static str,
    /// Commands that show what it did.
    pub after: &'static str,
    /// What all of them print on standard output.
    pub prints: Prints,
}

pub enum Prints {
    This(&'static str),
    /// Each of these.
    Parts(&'static [&'static str]),
}

const fn answer(command: &'static str, prints: &'static str) -> Answer {
    Answer { command, before: "", after: "", prints: Prints::This(prints) }
}

const fn parts(command: &'static str, prints: &'static [&'static str]) -> Answer {
    Answer { command, before: "", after: "", prints: Prints::Parts(prints) }
}

impl Answer {
    const fn after(self, after: &'static str) -> Answer {
        Answer { after, ..self }
    }

    const fn before(self, before: &'static str) -> Answer {
        Answer { before, ..self }
    }
}

/// What plays programs. Large sample data becomes small, and is measured once.
pub const TOOLS: [(&str, &str); 10] = [
    (
        "pagemill",
        "for word do shift; case $word in 1GiB) word=100KiB;; 100MB) word=20KB;; esac; set -- \"$@\" \"$word\"; done\nif [ \"$1\" = bench ]; then set -- \"$@\" --runs 1; case $* in *--size*|*--input*) ;; *) set -- \"$@\" --size 20KB;; esac; fi\nexec \"$PAGEMILL_BINARY\" \"$@\"",
    ),
    ("cargo", "case $1 in run) shift 3; exec pagemill \"$@\";; *) echo \"cargo $*\";; esac"),
    // The name of a host, and a command to run there.
    ("ssh", "shift; exec \"$@\""),
    // The last part of an address is a file.
    ("curl", "for address do :; done; exec cat \"${address##*/}\""),
    // A file that grows would never end.
    ("tail", "if [ \"$1\" = -F ]; then exec cat \"$2\"; else exec /usr/bin/tail \"$@\"; fi"),
    // The one thing that is asked of it.
    ("jq", "sed -n 's/.*\"raw\":\"\\([^\"]*\\)\".*/\\1/p'"),
    // Other programs that convert.
    (
        "xan",
        "case $1 in to) exec \"$PAGEMILL_BINARY\" convert \"$3\" -t ndjson -o \"$5\" -q;; select) exec \"$PAGEMILL_BINARY\" convert \"$3\" --select \"$2\" -q;; esac",
    ),
    ("mlr", "exec \"$PAGEMILL_BINARY\" convert \"$4\" -t ndjson -q"),
    // What would be laid out.
    ("man", "cat"),
    // Somebody repairs record 2.
    ("edit", "sed -i 's/\"record\":2,/\"text\":\"2,Grace\",&/' \"$1\""),
];

/// Makes a history of six runs of a job, the last of which is number 42 and slow.
const PAST: &str = r#"unset XDG_STATE_HOME; mkdir -p .local/state/pagemill; python3 -c "
import sqlite3
db = sqlite3.connect('.local/state/pagemill/history.sqlite3')
db.execute('CREATE TABLE runs (id INTEGER PRIMARY KEY AUTOINCREMENT, started, job, version, settings, state, error, seconds, read, written, records, bad, peak, memory_limit, report, series)')
for id, read in zip(range(37, 43), (1000, 1001, 1002, 1003, 1004, 500)):
    series = '{\"step_s\":5,\"read\":[50,50]}'
    db.execute('INSERT INTO runs VALUES (' + ','.join('?' * 16) + ')', (id, 1700000000, 'trips.csv → trips.ndjson', '1', '{}', 'done', None, 10.0, read, 1, 1, 0, 1, 1, None, series))
db.execute('PRAGMA user_version = 1')
db.commit()""#;

/// Makes a table of two hundred records, the second of which lacks its name.
const DIRTY: &str = "{ printf 'id,name\\n1,Ada\\n2\\n'; seq 3 200 | sed 's/$/,x/'; } > dirty.csv";

const EU_NDJSON: &str = "{\"name\":\"Ada, L.\",\"price\":\"1,50\"}\n{\"name\":\"Bob\",\"price\":2}\n";

/// Puts a configuration and what its jobs read into place.
const CONFIGURED: &str = "mkdir in out; cp european.csv in/a.csv; cp conf pagemill.toml";

/// Requests in two time zones; the last but one is late.
const ACCESS: &[u8] = b"{\"at\":\"2024-06-01T12:00:10Z\",\"path\":\"/\",\"ms\":12}
{\"at\":\"2024-06-01T14:00:40+02:00\",\"path\":\"/a\",\"ms\":300,\"error\":\"timeout\"}
{\"at\":\"2024-06-01T12:01:05Z\",\"path\":\"/a\",\"ms\":40}
{\"at\":\"2024-06-01T12:00:59Z\",\"path\":\"/\",\"ms\":9}
{\"at\":\"2024-06-01T12:06:00Z\",\"path\":\"/\",\"ms\":10}
";

pub const FILES: [(&str, &[u8]); 36] = [
    ("access.ndjson", ACCESS),
    ("conf", b"workers = 2\n[profile.eu]\ndelimiter = ';'\nquote = \"'\"\n[job.nightly]\nprofile = 'eu'\ninput = ['in/*.csv']\noutput = 'out/all.ndjson'\n[job.weekly]\ninput = 'out/all.ndjson'\noutput = 'out/all.csv'\n"),
    ("trips.csv", "trip_id,id,from_station,fare\nT1,7, Zürich HB ,12.50\nT2,8,\"Bern, Bahnhof\",3\n".as_bytes()),
    ("rides.csv", b"city,user,fare,at\nBern,a,1.10,2024-01-03\nRome,b,7,2024-01-09\nBern,a,2,2024-02-01\nBern,c,,2024-02-02\nParis,d,0.90,2023-12-31\n"),
    ("rules.toml", b"[[alert]]\nmetric = \"read_bytes_rate\"\nbelow = 60\n"),
    ("big.csv", b"id,name\n1,Ada\n2,\"Grace\nHopper\"\n"),
    ("prices.csv", b"id,price,code,note\n1,1.10,007,\n2,5e400,\"42\",\"\"\n3,12345678901234567890123,7,\"two\nlines\"\n"),
    ("huge.csv", b"id,name\n1,Ada\n2,Grace\n"),
    ("big.json", b"[{\"a\":1,\"b\":\"x\"},{\"a\":2,\"b\":\"y\"}]"),
    (
        "export.json",
        br#"{"data":{"items":[{"id":1,"user":{"name":"Ada","tags":["x","y"]}},
{"id":2,"user":{"name":"Grace, R.","tags":[]}}]}}"#,
    ),
    ("export.csv", EXPORT_CSV.as_bytes()),
    ("european.csv", b"name;price\n'Ada, L.';'1,50'\nBob;2\n"),
    (
        "events.ndjson",
        br#"{"time":"10:00","user":{"id":7,"name":"Ada"},"action":"login"}
{"action":"logout","time":"10:05","user":{"id":7}}
"#,
    ),
    ("dump.tsv", b"1\tAda\t\\N\n2\tGrace\\tH.\tg@example.org\n"),
    ("excel.csv", b"city;fare\r\nZ\xfcrich;1,50\r\n"),
    ("stations.txt", "ID   NAME        HEIGHT\n---- ------------ -----\n0042 Zürich HB     408\n7    Brig          678\n".as_bytes()),
    ("report.txt", "# 1   Zoë Smith   12.50\n# 2   Bob\n".as_bytes()),
    ("survey.csv", b"id,answer,note\n1,NA,\n2,NULL,\"NA\"\n"),
    ("export.txt", b"id||name\n1||a|b\n2||\"c||d\"\n"),
    ("spaced.csv", b"id, name\n1, \"Ada, L.\"\n2, Bob\n"),
    ("uneven.csv", b"id,name\n1,Ada,\n2\n3,Alan,T.,\"x, y\"\n"),
    ("messy.csv", b"id,name\n1,Ada\n2\n3,Alan\n"),
    // An unsigned number from its lowest byte on, a number from its highest byte on (1.5 and 2.5), sixteen bytes of text.
    ("ticks.fixed", b"\x01\0\0\0\0\0\0\0\x3f\xf8\0\0\0\0\0\0ACME\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x40\x04\0\0\0\0\0\0Initech\0\0\0\0\0\0\0\0\0"),
    ("report.csv", b"Trips\nfrom \"Somewhere\n\nid,fare\n1,1.10\n2,30\nTotal,31.10\n"),
    ("calls.vcf", b"##fileformat=VCFv4.2\n#CHROM\tPOS\n20\t14370\n"),
    ("app.ndjson", b"{\"a\":1}\n{\"a\":"),
    ("2023.csv", b"id,n\n1,2023\n"),
    ("2024.csv", b"n,id\n2024,2\n"),
    ("2025.csv", b"id,n\n3,2025\n"),
    ("data/a.csv", b"id\n1\n"),
    ("data/deep/er/b.csv", b"id,x\n2,y\n"),
    ("last-run", b""),
    ("legacy.csv", b"name\nZ\xfcrich\n"),
    ("log.txt", "one Line\nstraße\n".as_bytes()),
    ("access.log", b"GET / 200\n"),
    ("notes.txt", "drei Wörter hier\n".as_bytes()),
];

const TRIPS_NDJSON: &str = r#"{"trip_id":"T1","id":7,"from_station":" Zürich HB ","fare":12.50}
{"trip_id":"T2","id":8,"from_station":"Bern, Bahnhof","fare":3}
"#;
const EVENTS_CSV: &str = "time,user.id,action\n10:00,7,login\n10:05,7,logout\n";
const EXPORT_CSV: &str = "id,user.name,user.tags\n1,Ada,\"[\"\"x\"\",\"\"y\"\"]\"\n2,\"Grace, R.\",\"[]\"\n";
const PLAIN_CSV: &str = "name,price\n\"Ada, L.\",\"1,50\"\nBob,2\n";

const TRIPS: &str = "trip_id,id,from_station,fare\nT1,7, Zürich HB ,12.50\nT2,8,\"Bern, Bahnhof\",3\n";

/// The same for people.
const TRIPS_TABLE: &str =
    "trip_id  id  from_station    fare\nT1        7   Zürich HB     12.50\nT2        8  Bern, Bahnhof      3\n";

pub const ANSWERS: &[Answer] = &[
    answer("pagemill head trips.csv", TRIPS),
    answer("pagemill head -n 5 trips.csv.gz -t table", TRIPS_TABLE).before("gzip trips.csv"),
    answer("pagemill head trips.csv --where 'fare > 5' --select trip_id,fare", "trip_id,fare\nT1,12.50\n"),
    answer("pagemill head trips.csv -n 100 -o first.ndjson", TRIPS_NDJSON).after("cat first.ndjson"),
    answer(
        "pagemill split trips.csv --by from_station -o 'out/{part}.csv'",
        "%20Zürich HB%20.csv\nBern, Bahnhof.csv\ntrip_id,id,from_station,fare\nT2,8,\"Bern, Bahnhof\",3\n",
    )
    .after("LC_ALL=C ls out; cat out/Bern*"),
    answer(
        "pagemill split trips.csv --by from_station -o 'out/{part}.csv.gz'",
        "trip_id,id,from_station,fare\nT2,8,\"Bern, Bahnhof\",3\n",
    )
    .after("gzip -dc out/Bern*"),
    answer("pagemill split trips.csv --records 100_000 -o 'out/{part}.csv' --out-encoding utf-16le --bom", "t\n")
        .after("head -c 4 out/000001.csv | tr -dc 't'; echo"),
    answer(
        "pagemill split big.csv --records 1_000_000 -o 'out/{part}.ndjson'",
        "{\"id\":1,\"name\":\"Ada\"}\n{\"id\":2,\"name\":\"Grace\\nHopper\"}\n",
    )
    .after("cat out/000001.ndjson"),
    answer(
        "pagemill aggregate trips.csv --by from_station --agg 'n=count(), total=sum(fare), mean=mean(fare)'",
        "from_station,n,total,mean\n Zürich HB ,1,12.50,12.5\n\"Bern, Bahnhof\",1,3,3\n",
    ),
    answer(
        "pagemill aggregate trips.csv --where 'fare > 5' --agg 'n=count(), x=max(fare*1.1)' -t json",
        "[\n{\"n\":1,\"x\":13.750}\n]\n",
    ),
    answer(
        "pagemill aggregate rides.csv --by 'month=substr(at, 1, 7)' --agg 'n=count()' -o months.csv",
        "month,n\n2024-01,2\n2024-02,2\n2023-12,1\n",
    )
    .after("cat months.csv"),
    answer(
        "pagemill aggregate rides.csv --by city --agg 'n=count()' --sort n:desc --limit 10",
        "city,n\nBern,3\nRome,1\nParis,1\n",
    ),
    // 1.10 + 2; null is ignored. Two numbers: 95 % of them are both.
    answer(
        "pagemill aggregate rides.csv --by city --agg 'n=count(), total=sum(fare), mean=mean(fare), p95=quantile(fare, 0.95)'",
        "city,n,total,mean,p95\nBern,3,3.10,1.55,2\nRome,1,7,7,7\nParis,1,0.90,0.9,0.90\n",
    ),
    answer(
        "pagemill aggregate rides.csv --by city --agg 'total=sum(fare)' --sort total:desc --limit 3",
        "city,total\nRome,7\nBern,3.10\nParis,0.90\n",
    ),
    answer(
        "pagemill aggregate rides-2023.csv rides-2024.csv --by 'month=substr(at, 1, 7)' --agg 'n=count(), users=distinct(user)' -t ndjson",
        "{\"month\":\"2023-12\",\"n\":1,\"users\":1}\n{\"month\":\"2024-01\",\"n\":2,\"users\":2}\n{\"month\":\"2024-02\",\"n\":2,\"users\":2}\n",
    )
    .before("grep -v ,2024- rides.csv > rides-2023.csv; grep -v ,2023- rides.csv > rides-2024.csv"),
    // Bern: 2 of 1.10, 2 and null; Paris: none of 0.90.
    answer(
        "pagemill aggregate rides.csv --by city --agg 'dear=count(CASE WHEN fare > 1.5 THEN 1 END), total=sum(CASE WHEN fare > 1.5 THEN fare END)'",
        "city,dear,total\nBern,1,2\nRome,1,7\nParis,0,\n",
    ),
    answer(
        "pagemill aggregate rides.csv --by city --agg 'n=count()' | pagemill convert - -f csv --where 'n > 1'",
        "city,n\nBern,3\n",
    ),
    answer(
        "pagemill aggregate rides.csv --by city,user --agg 'n=count()' | pagemill convert - -f csv --where 'n > 1'",
        "city,user,n\nBern,a,2\n",
    ),
    answer(
        "pagemill aggregate rides.csv --by city --agg 'n=count(), total=sum(fare)' | pagemill convert - -f csv --set 'each=round(total/n, 2)'",
        "city,n,total,each\nBern,3,3.10,1.03\nRome,1,7,7.00\nParis,1,0.90,0.90\n",
    ),
    answer(
        "pagemill aggregate rides.csv --agg 'n=count(), priced=count(fare), lo=min(fare), hi=max(fare), from=min(cast(at AS date))' -t json",
        "[\n{\"n\":5,\"priced\":4,\"lo\":0.90,\"hi\":7,\"from\":\"2023-12-31\"}\n]\n",
    ),
    answer(
        "tail -F access.ndjson | pagemill aggregate - -f ndjson --window 1m --time-field at --agg 'n=count(), errors=count(error)'",
        "{\"window_start\":\"2024-06-01T12:00:00Z\",\"window_end\":\"2024-06-01T12:01:00Z\",\"n\":2,\"errors\":1}\n{\"window_start\":\"2024-06-01T12:01:00Z\",\"window_end\":\"2024-06-01T12:02:00Z\",\"n\":1,\"errors\":0}\n{\"window_start\":\"2024-06-01T12:06:00Z\",\"window_end\":\"2024-06-01T12:07:00Z\",\"n\":1,\"errors\":0}\n",
    ),
    answer(
        "pagemill aggregate access.ndjson --window 10m --slide 5m --time-field at --lateness 2m --by path --agg 'n=count(), slowest=max(ms)' --sort slowest:desc",
        "{\"window_start\":\"2024-06-01T11:55:00Z\",\"window_end\":\"2024-06-01T12:05:00Z\",\"path\":\"/a\",\"n\":2,\"slowest\":300}\n{\"window_start\":\"2024-06-01T11:55:00Z\",\"window_end\":\"2024-06-01T12:05:00Z\",\"path\":\"/\",\"n\":2,\"slowest\":12}\n{\"window_start\":\"2024-06-01T12:00:00Z\",\"window_end\":\"2024-06-01T12:10:00Z\",\"path\":\"/a\",\"n\":2,\"slowest\":300}\n{\"window_start\":\"2024-06-01T12:00:00Z\",\"window_end\":\"2024-06-01T12:10:00Z\",\"path\":\"/\",\"n\":3,\"slowest\":12}\n{\"window_start\":\"2024-06-01T12:05:00Z\",\"window_end\":\"2024-06-01T12:15:00Z\",\"path\":\"/\",\"n\":1,\"slowest\":10}\n",
    ),
    answer(
        "pagemill aggregate access.ndjson --window 1m --time-field at --agg 'n=count()'",
        "{\"window_start\":\"2024-06-01T12:00:00Z\",\"window_end\":\"2024-06-01T12:01:00Z\",\"n\":2}\n{\"window_start\":\"2024-06-01T12:01:00Z\",\"window_end\":\"2024-06-01T12:02:00Z\",\"n\":1}\n{\"window_start\":\"2024-06-01T12:06:00Z\",\"window_end\":\"2024-06-01T12:07:00Z\",\"n\":1}\n",
    ),
    parts(
        "pagemill aggregate access.ndjson --window 1m --time-field at --agg 'n=count()' --quarantine late.ndjson",
        &["\"record\":4", "the record is late"],
    )
    .after("tail -n 1 late.ndjson"),
    answer(
        "tail -F access.ndjson | pagemill aggregate - -f ndjson --emit 10s --by path --agg 'n=count()' --sort n:desc --limit 3",
        "{\"path\":\"/\",\"n\":3}\n{\"path\":\"/a\",\"n\":2}\n",
    ),
    answer("pagemill aggregate rides.csv --by user", "user\na\nb\nc\nd\n"),
    // 12.50 and 3: their mean is 7.75, each is 4.75 from it, and √(2 · 4.75²) is 6.7175144212722015.
    parts(
        "pagemill stats trips.csv",
        &[
            "field,kind,count,nulls,absent,numbers,distinct,approx_distinct,min,max,sum,mean,stddev,p05,p25,p50,p75,p95,",
            "\ntrip_id,text,2,0,0,0,2,,,,,,,,,,,,,,,,,T1,T2,2,",
            "\nfare,number,2,0,0,2,2,,3,12.50,15.50,7.75,6.7175144212722015,3,3,3,12.50,12.50,,,,,,,,5,",
        ],
    ),
    parts(
        "pagemill stats trips.csv --where 'fare > 5' --select fare,from_station -o fares.html",
        &["<h2>fare</h2>", "<tr><td>sum</td><td>12.50</td></tr>", "<tr><td>text_min</td><td> Zürich HB </td></tr>"],
    )
    .after("cat fares.html"),
    parts(
        "pagemill stats events.ndjson -t json",
        &[
            "{\"field\":\"time\",\"kind\":\"text\",\"count\":2,\"nulls\":0,\"absent\":0,\"numbers\":0,\"distinct\":2,",
            "{\"field\":\"user.id\",\"kind\":\"number\",\"count\":2,\"nulls\":0,\"absent\":0,\"numbers\":2,\"distinct\":1,\"min\":7,\"max\":7,\"sum\":14,\"mean\":7,\"stddev\":0,",
            "{\"field\":\"user.name\",\"kind\":\"text\",\"count\":1,\"nulls\":0,\"absent\":1,",
        ],
    ),
    parts("pagemill stats trips.csv -o columns.csv --on-error quarantine", &["\nid,number,2,0,0,2,2,,7,8,15,7.5,"])
        .after("cat columns.csv"),
    // 0.90, 1.10, 2 and 7: the squares of what is between them and 2.75 add up to 24.77; √(24.77 / 3) is 2.8734…
    answer(
        "pagemill stats rides.csv -t table",
        "field  kind    count  nulls  distinct  min         median  max         mean   stddev  most frequent   histogram\ncity   text        5      0         3  Bern                Rome                       Bern (3)\nuser   text        5      0         4  a                   d                          a (2)\nfare   number      4      1         4  0.90          1.10  7           2.75  2.87344  0.90 (1)        ███    █\nat     text        5      0         5  2023-12-31          2024-02-02                 2023-12-31 (1)\n",
    ),
    parts(
        "pagemill stats rides.csv --where 'fare > 1' -o rides.html",
        &["<tr><td>p50</td><td>2</td></tr>", "<tr><td>distinct</td><td>3</td></tr>"],
    )
    .after("cat rides.html"),
    answer(
        "pagemill stats rides.csv --select fare -t ndjson",
        "{\"field\":\"fare\",\"kind\":\"number\",\"count\":4,\"nulls\":1,\"absent\":0,\"numbers\":4,\"distinct\":4,\"min\":0.90,\"max\":7,\"sum\":11.00,\"mean\":2.75,\"stddev\":2.8734416066220428,\"p05\":0.90,\"p25\":0.90,\"p50\":1.10,\"p75\":2,\"p95\":7,\"longest\":4,\"top\":[{\"value\":0.90,\"count\":1},{\"value\":1.10,\"count\":1},{\"value\":2,\"count\":1},{\"value\":7,\"count\":1}],\"histogram\":{\"from\":0,\"step\":1,\"counts\":[1,1,1,0,0,0,0,1]}}\n",
    ),
    parts(
        "pagemill stats rides.csv events.ndjson -t csv",
        &["\ncity,text,5,0,2,0,3,", "\nuser.id,number,2,0,5,2,1,,7,7,14,7,0,"],
    ),
    // 12.50 and 3 are no decimals of one scale, and no shortest floating-point numbers.
    parts(
        "pagemill schema trips.csv",
        &["{\"name\":\"id\",\"kind\":\"int8\",\"nullable\":false,", "{\"name\":\"fare\",\"kind\":\"text\",\"nullable\":false,"],
    ),
    parts("pagemill schema trips.csv -o trips.schema.json", &["{\"schema\":1,\"records\":2,\"fields\":["])
        .after("cat trips.schema.json"),
    answer(
        "pagemill convert trips.csv -o trips.ndjson --schema trips.schema.json",
        "{\"trip_id\":\"T1\",\"id\":7,\"from_station\":\" Zürich HB \",\"fare\":\"12.50\"}\n{\"trip_id\":\"T2\",\"id\":8,\"from_station\":\"Bern, Bahnhof\",\"fare\":\"3\"}\n",
    )
    .before("pagemill schema trips.csv -o trips.schema.json")
    .after("cat trips.ndjson"),
    parts("pagemill schema events.ndjson -t duckdb", &["CREATE TABLE \"events\" (\n", "\"user\" STRUCT(\"id\" TINYINT, \"name\" VARCHAR"]),
    parts("pagemill schema rides.csv -t table", &["\ncity   text  no ", "\nfare   text  yes ", "\nat     date  no "]),
    parts(
        "pagemill schema rides.csv -o rides.schema.json",
        &["{\"name\":\"at\",\"kind\":\"date\",\"nullable\":false,", "\"min\":\"2023-12-31\",\"max\":\"2024-02-02\""],
    )
    .after("cat rides.schema.json"),
    parts(
        "pagemill convert rides.csv -o rides.ndjson --schema rides.schema.json",
        &["{\"city\":\"Bern\",\"user\":\"c\",\"fare\":null,\"at\":\"2024-02-02\"}\n"],
    )
    .before("pagemill schema rides.csv -o rides.schema.json")
    .after("cat rides.ndjson"),
    answer(
        "pagemill schema rides.csv -t postgres",
        "CREATE TABLE \"rides\" (\n    \"city\" text NOT NULL,\n    \"user\" text NOT NULL,\n    \"fare\" text,\n    \"at\" date NOT NULL\n);\n",
    ),
    answer(
        "pagemill aggregate big.csv --by id --agg 'n=count()' --memory-limit 32MB --spill-dir /var/tmp -o groups.csv",
        "id,n\n1,1\n2,1\n",
    )
    .after("cat groups.csv"),
    answer("pagemill split log.txt --size 100MB -o 'log.{part}.txt'", "one Line\nstraße\n").after("cat log.000001.txt"),
    answer("pagemill sort trips.csv --by fare:desc:number -o sorted.csv", TRIPS).after("cat sorted.csv"),
    answer(
        "pagemill sort trips.csv --by from_station,started_at:desc:date -o sorted.ndjson",
        "{\"from_station\":\"A\",\"started_at\":\"2024-06-02\"}\n{\"from_station\":\"A\",\"started_at\":\"2024-06-01\"}\n",
    )
    .before("printf 'from_station,started_at\\nA,2024-06-01\\nA,2024-06-02\\n' > trips.csv")
    .after("cat sorted.ndjson"),
    answer("pagemill sort trips.csv --by fare:desc --limit 10", TRIPS),
    answer("pagemill sort log.txt --by line:text -o sorted.txt", "one Line\nstraße\n").after("cat sorted.txt"),
    answer(
        "pagemill sort big.csv --by id --memory-limit 32MB --spill-dir /var/tmp -o sorted.csv",
        "id,name\n1,Ada\n2,\"Grace\nHopper\"\n",
    )
    .after("cat sorted.csv"),
    answer("pagemill sort big.csv --by id --checkpoint -o sorted.csv", "id,name\n1,Ada\n2,\"Grace\nHopper\"\n")
        .after("cat sorted.csv"),
    answer(
        "pagemill sort people.csv --by name:locale=sv:nocase -o register.csv",
        "name,n\nAdam,5\nzorn,3\nZorn,4\nÅberg,2\nÖberg,1\n",
    )
    .before("printf 'name,n\\nÖberg,1\\nÅberg,2\\nzorn,3\\nZorn,4\\nAdam,5\\n' > people.csv")
    .after("cat register.csv"),
    answer(
        "pagemill convert events.ndjson -o latest.ndjson --dedupe user.id --dedupe-keep last",
        "{\"user\":{\"id\":1},\"t\":3}\n",
    )
    .before("printf '{\"user\":{\"id\":1},\"t\":1}\\n{\"user\":{\"id\":1},\"t\":3}\\n' > events.ndjson")
    .after("cat latest.ndjson"),
    answer("pagemill convert export.csv -o clean.csv --dedupe '*'", "a,b\n1,2\n1,3\n")
        .before("printf 'a,b\\n1,2\\n1,3\\n1,2\\n' > export.csv")
        .after("cat clean.csv"),
    answer("pagemill convert new.csv old.csv -o all.csv --dedupe email", "email,n\na@x,1\nb@x,3\n")
        .before("printf 'email,n\\na@x,1\\n' > new.csv; printf 'email,n\\na@x,2\\nb@x,3\\n' > old.csv")
        .after("cat all.csv"),
    answer(
        "pagemill aggregate events.csv --dedupe city,user --by city --agg 'users=count()'",
        "city,users\nBern,2\nRome,1\n",
    )
    .before("printf 'city,user\\nBern,a\\nBern,b\\nBern,a\\nRome,a\\n' > events.csv"),
    answer(
        "pagemill convert huge.csv -o clean.csv --dedupe id --memory-limit 32MB --spill-dir /var/tmp",
        "id,x\n7,a\n",
    )
    .before("printf 'id,x\\n7,a\\n7,b\\n' > huge.csv")
    .after("cat clean.csv"),
    answer("pagemill convert trips.csv -o first.csv --limit 1000", TRIPS).after("cat first.csv"),
    answer("pagemill convert trips.csv -o next.csv --offset 1000 --limit 1000", "trip_id,id,from_station,fare\n")
        .after("cat next.csv"),
    answer(
        "pagemill convert trips.csv -o last.csv --tail 1",
        "trip_id,id,from_station,fare\nT2,8,\"Bern, Bahnhof\",3\n",
    )
    .after("cat last.csv"),
    answer("pagemill convert trips.csv -o some.csv --sample 1000 --seed 7", TRIPS).after("cat some.csv"),
    answer(
        "pagemill convert trips.csv -o dear.csv --where 'fare > 5' --set 'total=fare*1.1' --select trip_id,total",
        "trip_id,total\nT1,13.750\n",
    )
    .after("cat dear.csv"),
    answer(
        "pagemill convert trips.csv -o zurich.csv --where \"fare > 5 AND from_station LIKE '%Zürich%'\"",
        "trip_id,id,from_station,fare\nT1,7, Zürich HB ,12.50\n",
    )
    .after("cat zurich.csv"),
    answer(
        "pagemill convert trips.csv -o dear.csv --set 'total=fare*1.1' --set \"dear=CASE WHEN total > 5 THEN 'yes' END\" --where 'total > 3.2'",
        "trip_id,id,from_station,fare,total,dear\nT1,7, Zürich HB ,12.50,13.750,yes\nT2,8,\"Bern, Bahnhof\",3,3.3,\n",
    )
    .after("cat dear.csv"),
    // Those of the README and the pages.
    parts("cargo run --release -- convert fixtures/trips.csv -o target/trips.ndjson --force -v", &["\n200\n", "{\"trip_id\":100200300400,\"bike\":\"1127\","])
        .before("mkdir target; echo")
        .after("wc -l < target/trips.ndjson; head -n 1 target/trips.ndjson"),
    answer("cargo test", "cargo test\n"),
    parts("head -2 target/trips.ndjson", &["{\"trip_id\":100200300400,\"bike\":\"1127\",", "\n{\"trip_id\":100200300407,\"bike\":\"0004\","])
        .before("mkdir target; pagemill convert fixtures/trips.csv -o target/trips.ndjson"),
    answer("pagemill prices.csv prices.ndjson", "{\"id\":1,\"price\":1.10,\"code\":\"007\",\"note\":null}\n{\"id\":2,\"price\":5e400,\"code\":\"42\",\"note\":\"\"}\n{\"id\":3,\"price\":12345678901234567890123,\"code\":7,\"note\":\"two\\nlines\"}\n")
        .after("cat prices.ndjson; pagemill prices.ndjson back.csv; cmp prices.csv back.csv"),
    answer("pagemill convert big.csv -o big.ndjson --memory-limit 32MB -v", "{\"id\":1,\"name\":\"Ada\"}\n{\"id\":2,\"name\":\"Grace\\nHopper\"}\n").after("cat big.ndjson"),
    answer("pagemill convert export.json -o export.csv --records-at /data/items", EXPORT_CSV).before("rm export.csv").after("cat export.csv"),
    answer("pagemill convert export.csv -o export.ndjson --unflatten", "{\"id\":1,\"user\":{\"name\":\"Ada\",\"tags\":[\"x\",\"y\"]}}\n{\"id\":2,\"user\":{\"name\":\"Grace, R.\",\"tags\":[]}}\n").after("cat export.ndjson"),
    answer("ssh host cat european.csv | pagemill -f csv -d ';' --quote \"'\" > plain.csv", PLAIN_CSV).after("cat plain.csv"),
    answer("curl -s https://example.org/events.ndjson.xz | pagemill convert - -f ndjson -t csv --compress zstd:9 > events.csv.zst", "time,user.id,user.name,action\n10:00,7,Ada,login\n10:05,7,,logout\n").before("pagemill convert events.ndjson -o events.ndjson.xz").after("pagemill convert events.csv.zst -t csv"),
    answer("pagemill convert trips.csv -o short.csv --select trip_id,from_station --rename trip_id=id --op trim,upper:from_station", "id,from_station\nT1,ZÜRICH HB\nT2,\"BERN, BAHNHOF\"\n").after("cat short.csv"),
    answer("tail -n 100000 events.ndjson | pagemill convert - -f ndjson -t csv --columns time,user.id,action", EVENTS_CSV),
    answer("tail -F events.ndjson | pagemill convert - -f ndjson -t csv --columns time,user.id,action", EVENTS_CSV),
    answer("pagemill convert dump.tsv -o users.ndjson --dialect postgres --names id,name,email", "{\"id\":1,\"name\":\"Ada\",\"email\":null}\n{\"id\":2,\"name\":\"Grace\\tH.\",\"email\":\"g@example.org\"}\n").after("cat users.ndjson"),
    answer("pagemill convert dump.tsv -o users.csv --dialect mysql --names id,name,email", "id,name,email\n1,Ada,\n2,Grace\tH.,g@example.org\n").after("cat users.csv"),
    answer("pagemill convert users.csv -o load.tsv --out-dialect mysql --out-no-headers", "1\tAda\t\\N\n2\tGrace\\tH.\tg@example.org\n").before("pagemill convert dump.tsv -o users.csv --dialect mysql --names id,name,email").after("cat load.tsv"),
    answer("pagemill convert survey.csv -o survey.ndjson --null NA,N/A,unknown", "{\"id\":1,\"answer\":null,\"note\":null}\n{\"id\":2,\"answer\":\"NULL\",\"note\":\"NA\"}\n").after("cat survey.ndjson"),
    answer("pagemill convert survey.csv -o load.csv --out-null NULL", "id,answer,note\n1,NA,NULL\n2,\"NULL\",NA\n").after("cat load.csv"),
    answer("pagemill convert export.txt -f csv -o export.ndjson -d '||'", "{\"id\":1,\"name\":\"a|b\"}\n{\"id\":2,\"name\":\"c||d\"}\n").after("cat export.ndjson"),
    answer("pagemill convert european.csv -o plain.csv -d auto --quote \"'\"", PLAIN_CSV).after("cat plain.csv"),
    answer("pagemill convert spaced.csv -o plain.csv --skip-space", "id,name\n1,\"Ada, L.\"\n2,Bob\n").after("cat plain.csv"),
    answer("pagemill convert uneven.csv -o even.csv --ragged pad,trailing,truncate", "id,name\n1,Ada\n2,\n3,Alan\n").after("cat even.csv"),
    answer("pagemill convert report.txt -f fwf -o amounts.csv --layout \"mark:skip2,id:4,name:12,amount:8\"", "id,name,amount\n1,Zoë Smith,12.50\n2,Bob,\n").after("cat amounts.csv"),
    answer("pagemill convert stations.txt -f fwf -o stations.csv --layout 4,skip1,12,6 --names id,name,height --comment=-- --skip-records 1", "id,name,height\n0042,Zürich HB,408\n7,Brig,678\n").after("cat stations.csv"),
    answer("pagemill convert uneven.csv -o even.ndjson --ragged pad,trailing,extra", "{\"id\":1,\"name\":\"Ada\",\"extra\":null}\n{\"id\":2,\"name\":null,\"extra\":null}\n{\"id\":3,\"name\":\"Alan\",\"extra\":\"T.,\\\"x, y\\\"\"}\n").after("cat even.ndjson"),
    answer("pagemill convert excel.csv -o plain.csv -d ';' --encoding windows-1252", "city,fare\nZürich,\"1,50\"\n").after("cat plain.csv"),
    parts("pagemill convert messy.csv -o clean.csv --on-error skip --report report.json", &["id,name\n1,Ada\n3,Alan\n", "\"records_failed\":1"]).after("cat clean.csv report.json"),
    parts("pagemill convert dirty.csv -o clean.ndjson --on-error quarantine --max-errors 1%", &["199 clean.ndjson\n", "\"record\":2,\"line\":3,\"start\":14,\"end\":16,"]).before(DIRTY).after("wc -l clean.ndjson; tail -n 1 clean.ndjson.quarantine.ndjson"),
    answer("tail -n +2 clean.ndjson.quarantine.ndjson | jq -r .raw | base64 -d", "2\n").before("pagemill convert messy.csv -o clean.ndjson --on-error quarantine"),
    answer("pagemill convert clean.ndjson repaired.ndjson -o all.ndjson", "{\"id\":1,\"name\":\"Ada\"}\n{\"id\":3,\"name\":\"Alan\"}\n{\"id\":2,\"name\":\"Grace\"}\n").before("pagemill convert messy.csv -o clean.ndjson --on-error quarantine; edit clean.ndjson.quarantine.ndjson; pagemill replay clean.ndjson.quarantine.ndjson -o repaired.ndjson").after("cat all.ndjson"),
    parts("$EDITOR clean.ndjson.quarantine.ndjson", &["\"text\":\"2,Grace\",\"record\":2,"]).before("pagemill convert messy.csv -o clean.ndjson --on-error quarantine").after("cat clean.ndjson.quarantine.ndjson"),
    answer("pagemill replay clean.ndjson.quarantine.ndjson -o repaired.ndjson", "{\"id\":2,\"name\":\"Grace\"}\n").before("pagemill convert messy.csv -o clean.ndjson --on-error quarantine; edit clean.ndjson.quarantine.ndjson").after("cat repaired.ndjson"),
    answer("pagemill convert ticks.fixed -o ticks.csv --layout \"id:u64le,price:f64be,name:text16\"", "id,price,name\n1,1.5,ACME\n2,2.5,Initech\n").after("cat ticks.csv"),
    answer("pagemill convert 2023.csv 2024.csv 2025.csv -o all.csv", "id,n\n1,2023\n2,2024\n3,2025\n").after("cat all.csv"),
    answer("pagemill convert 'data/**/*.csv' -o all.ndjson --columns union", "{\"id\":1}\n{\"id\":2,\"x\":\"y\"}\n").after("cat all.ndjson"),
    parts("pagemill convert data --recursive --out-dir out -t ndjson --keep-going --report report.json", &["out/a.ndjson\nout/deep/er/b.ndjson\n{\"id\":1}\n{\"id\":2,\"x\":\"y\"}\n", "\"records_out\":2"]).after("find out -type f | sort; cat out/a.ndjson out/deep/er/b.ndjson report.json"),
    answer("find data -name '*.csv' -newer last-run -print0 | pagemill convert --files-from - -0 -o new.csv", "id\n1\n").before("touch -d 2020-01-01 last-run; touch -d 2019-01-01 data/deep/er/b.csv").after("cat new.csv"),
    answer("pagemill convert report.csv -o table.csv --skip-lines 3 --skip-footer 1", "id,fare\n1,1.10\n2,30\n").after("cat table.csv"),
    answer("pagemill convert report.csv -o table.csv --skip-until '^id,' --skip-footer 1", "id,fare\n1,1.10\n2,30\n").after("cat table.csv"),
    answer("pagemill convert 2023.csv -o rest.csv --skip-records 1000", "id,n\n").after("cat rest.csv"),
    answer("pagemill convert calls.vcf -f tsv -o calls.ndjson --comment '##' --clean-names snake", "{\"chrom\":20,\"pos\":14370}\n").after("cat calls.ndjson"),
    answer("cat 2023.csv 2023.csv | pagemill convert - -f csv -t csv --skip-repeated-headers", "id,n\n1,2023\n1,2023\n"),
    answer("pagemill convert legacy.csv -o excel.csv --encoding windows-1252 --bom --crlf --force", "\u{feff}name\r\nZürich\r\n").after("cat excel.csv"),
    answer("pagemill convert legacy.csv -o wide.tsv --encoding windows-1252 --out-encoding utf-16le --bom", "\u{feff}name\nZürich\n").after("iconv -f utf-16le -t utf-8 wide.tsv"),
    answer("pagemill convert data --recursive --include '*.csv' --columns union --source-column file -o all.csv", "file,id,x\ndata/a.csv,1,\ndata/deep/er/b.csv,2,y\n").after("cat all.csv"),
    answer("pagemill convert app.ndjson -o app.csv --snapshot", "a\n1\n").after("cat app.csv"),
    answer("pagemill convert legacy.csv -o legacy.ndjson --encoding windows-1252", "{\"name\":\"Zürich\"}\n").after("cat legacy.ndjson"),
    answer("pagemill convert huge.csv -o huge.ndjson --resume", "{\"id\":1,\"name\":\"Ada\"}\n{\"id\":2,\"name\":\"Grace\"}\n").after("cat huge.ndjson"),
    parts("pagemill convert big.csv -o big.ndjson --explain", &["csv to ndjson\n", "memory limit     100000000 bytes\n"]).after("test ! -e big.ndjson"),
    answer("pagemill convert posts.ndjson -o posts.csv --join-lists '|'", "id,tags\n1,a|b\n2,\"\"\n")
        .before(r#"printf '{"id":1,"tags":["a","b"]}\n{"id":2,"tags":[]}\n' > posts.ndjson"#)
        .after("cat posts.csv"),
    answer("pagemill convert orders.ndjson -o items.csv --explode items", "id,items.sku,items.n\n1,x,2\n1,y,\n")
        .before(r#"printf '{"id":1,"items":[{"sku":"x","n":2},{"sku":"y"}]}\n' > orders.ndjson"#)
        .after("cat items.csv"),
    answer(
        "pagemill convert docker.ndjson -o log.ndjson --parse-json log --where \"log.level = 'error'\"",
        "{\"log\":{\"level\":\"error\",\"ms\":1.50},\"stream\":\"stderr\"}\n",
    )
    .before(r#"printf '%s\n' '{"log":"{\"level\":\"error\",\"ms\":1.50}\n","stream":"stderr"}' '{"log":"{\"level\":\"info\"}\n"}' > docker.ndjson"#)
    .after("cat log.ndjson"),
    answer("pagemill convert users.json -o users.csv --records-at /users --key-column name", "name,age\nann,7\nbob,9\n")
        .before(r#"printf '{"users":{"ann":{"age":7},"bob":{"age":9}}}' > users.json"#)
        .after("cat users.csv"),
    answer("pagemill convert table.json -o table.csv --names first", "id,name\n1,Ada\n")
        .before(r#"printf '[["id","name"],[1,"Ada"]]' > table.json"#)
        .after("cat table.csv"),
    answer("pagemill convert settings.jsonc -t json --pretty", "[\n  {\n    \"tabs\": 4,\n    \"rulers\": [\n      80\n    ]\n  }\n]\n")
        .before(r#"printf '{ // mine\n "tabs": 4, "rulers": [80,],\n}' > settings.jsonc"#),
    answer("pagemill convert people.csv -o people.ndjson --types zip=text,born=date", "{\"zip\":\"8001\",\"born\":\"1815-12-10\",\"n\":1}\n")
        .before("printf 'zip,born,n\\n8001,1815-12-10,1\\n' > people.csv")
        .after("cat people.ndjson"),
    answer("pagemill convert wide.csv -o narrow.csv --select '1,q1..q4,/^note/'", "id,q1,q2,q3,q4,note_a\n1,2,3,4,5,7\n")
        .before("printf 'id,q1,q2,q3,q4,x,note_a\\n1,2,3,4,5,6,7\\n' > wide.csv")
        .after("cat narrow.csv"),
    answer("pagemill convert export.csv -o lean.ndjson --omit-null", "{\"id\":1,\"user.name\":\"Ada\",\"user.tags\":\"[\\\"x\\\",\\\"y\\\"]\"}\n{\"id\":2,\"user.name\":\"Grace, R.\",\"user.tags\":\"[]\"}\n")
        .after("cat lean.ndjson"),
    // Those of the help.
    answer("pagemill convert trips.csv -o trips.ndjson", TRIPS_NDJSON).after("cat trips.ndjson"),
    answer("pagemill count trips.csv", " 3  7 75 76 trips.csv\n"),
    answer("pagemill trips.csv trips.ndjson", TRIPS_NDJSON).after("cat trips.ndjson"),
    answer("pagemill convert trips.csv -t ndjson --select id,fare", "{\"id\":7,\"fare\":12.50}\n{\"id\":8,\"fare\":3}\n"),
    parts("pagemill help convert csv", &["CSV:\n", "--quote-all"]),
    answer("pagemill convert trips.csv -t ndjson --select id,fare --op trim | head", "{\"id\":7,\"fare\":12.50}\n{\"id\":8,\"fare\":3}\n"),
    answer("pagemill convert -f csv -d ';' -t csv < european.csv > plain.csv", "name,price\n\"Ada, L.\",\"1,50\"\n").before("printf 'name;price\\n\"Ada, L.\";\"1,50\"\\n' > european.csv").after("cat plain.csv"),
    answer("pagemill convert trips.csv.gz -o trips.ndjson.zst --compress zstd:9", TRIPS_NDJSON).before("gzip trips.csv").after("pagemill convert trips.ndjson.zst -t ndjson"),
    answer("pagemill convert log.txt -o log.upper.txt --op upper --memory-limit 32MB -v", "ONE LINE\nSTRASSE\n").after("cat log.upper.txt"),
    answer("pagemill convert ticks.fixed -o ticks.csv --layout 'id:u64le,price:f64be,name:text16'", "id,price,name\n1,1.5,ACME\n2,2.5,Initech\n").after("cat ticks.csv"),
    answer("pagemill convert 2023.csv 2024.csv -o both.ndjson", "{\"id\":1,\"n\":2023}\n{\"id\":2,\"n\":2024}\n").after("cat both.ndjson"),
    answer("pagemill convert data --recursive --out-dir converted -t ndjson --keep-going", "{\"id\":1}\n{\"id\":2,\"x\":\"y\"}\n").after("cat converted/a.ndjson converted/deep/er/b.ndjson"),
    answer("pagemill convert dirty.csv -o clean.ndjson --on-error quarantine", "199 clean.ndjson\n2 clean.ndjson.quarantine.ndjson\n201 total\n").before(DIRTY).after("wc -l clean.ndjson clean.ndjson.quarantine.ndjson | sed 's/^ *//'"),
    answer("pagemill count *.log", " 1  3 10 10 access.log\n"),
    answer("pagemill count -f csv trips.csv", " 3  7 75 76  2 trips.csv\n"),
    answer("pagemill count -r trips.csv", " 2 trips.csv\n"),
    answer("pagemill count access.log.gz", " 1  3 10 10 access.log.gz\n").before("gzip access.log"),
    answer("pagemill count --encoding utf-16 notes.txt", " 1  3 17 18 notes.txt\n").before("iconv -f utf-8 -t utf-16 notes.txt > n; mv n notes.txt"),
    parts("pagemill generate --size 1GiB -o big.csv", &["id,time,"]).before("rm big.csv").after("head -n 1 big.csv; test $(wc -c < big.csv) -gt 100000; test $(wc -c < big.csv) -lt 110000"),
    answer("pagemill generate --records 1000 --seed 7 -o small.ndjson", "1000\n").after("wc -l < small.ndjson"),
    parts("pagemill generate -t csv --out-delimiter tab --out-no-headers --records 10", &["\t"]),
    parts("pagemill generate -t json --records 3", &["[", "{\"id\":", "]"]),
    answer("pagemill generate --layout 'id:u64le,price:f64be' --records 10 -o ten.fixed", "160\n").after("wc -c < ten.fixed"),
    parts("pagemill audit trips.csv -t ndjson", &["in steady state\n", "all ", "heap at its peak"]),
    parts("pagemill audit big.json -t csv -j 4 --memory-limit 32MB", &["in steady state\n", "all ", "heap at its peak"]),
    parts("pagemill audit log.txt --op upper,trim", &["in steady state\n", "all ", "heap at its peak"]),
    answer("pagemill run sorted by-station described", "sorted.csv\nstations.csv\ntrips.html\nstation,n,p95\nA,1,2.00\nB,2,3.50\n")
        .before("mkdir in out; printf '%s\\n' station,fare B,3.50 A,2.00 B,1.00 > in/trips.csv; printf '%s\\n' '[job.sorted]' 'command = \"sort\"' 'input = \"in/trips.csv\"' 'output = \"out/sorted.csv\"' 'by = [\"station\", \"fare:desc:number\"]' '[job.by-station]' 'command = \"aggregate\"' 'input = \"out/sorted.csv\"' 'output = \"out/stations.csv\"' 'by = \"station\"' 'agg = [\"n=count()\", \"p95=quantile(fare, 0.95)\"]' '[job.described]' 'command = \"stats\"' 'input = \"out/sorted.csv\"' 'output = \"out/trips.html\"' > pagemill.toml")
        .after("ls out; cat out/stations.csv"),
    answer("pagemill convert trips.csv -o trips.parquet", "PAR1").after("head -c 4 trips.parquet"),
    answer("pagemill convert trips.parquet -t csv --where 'id > 7' --select trip_id,id", "trip_id,id\nT2,8\n")
        .before("pagemill convert trips.csv -o trips.parquet -q"),
    answer("pagemill run nightly", EU_NDJSON).before(CONFIGURED).after("cat out/all.ndjson"),
    answer("pagemill run nightly weekly -v", PLAIN_CSV).before(CONFIGURED).after("cat out/all.csv"),
    parts("pagemill run nightly --explain", &["source           in/a.csv\n", "formats          csv to ndjson\n"]).before(CONFIGURED),
    answer("pagemill convert european.csv -t ndjson --profile eu", EU_NDJSON).before(CONFIGURED),
    parts("pagemill history", &["\n42,2023-11-1", ",trips.csv → trips.ndjson,done,10,500,50,"]).before(PAST),
    parts("pagemill history show 42", &["id,started,", "\n42,2023-11-1", ",slower\n"]).before(PAST),
    parts("pagemill history trend", &["\n37,2023-11-1", ",slower\n"]).before(PAST),
    parts("pagemill history trend --last 20", &["\n37,2023-11-1", ",slower\n"]).before(PAST),
    parts("pagemill history trend 'trips.csv → trips.ndjson' -o trend.svg", &["<svg ", "50 B/s slower"]).before(PAST).after("cat trend.svg"),
    parts("pagemill history -t json", &["{\"id\":37,", "{\"id\":42,"]).before(PAST),
    answer("pagemill history prune 100", "removed 0 runs\n").before(PAST),
    answer(
        "pagemill alerts test rules.toml --run 42",
        "run 42, trips.csv → trips.ndjson: 10.0 s\n  0:05  raised    read_bytes_rate is 50 B/s, below 60 B/s\n",
    )
    .before(PAST),
    parts("pagemill audit trips.csv -t ndjson --max-steady-allocations 10", &["decode", "heap at its peak"]),
    parts("pagemill audit a.csv b.csv -t ndjson --max-steady-allocations 10", &["decode", "heap at its peak"]).before("cp trips.csv a.csv; cp trips.csv b.csv"),
    parts("pagemill convert big.csv -o big.ndjson --cpuprofile profile.pb.gz", &["{\"id\":"]).after("gzip -t profile.pb.gz; head -1 big.ndjson"),
    parts("pagemill convert big.csv -o big.ndjson --cpuprofile profile.svg", &["<?xml", "</svg>"]).after("cat profile.svg"),
    parts("pagemill convert trips.csv -o trips.ndjson --memprofile trips.dhat.json", &["7"]).after("cat trips.ndjson; test -s trips.dhat.json"),
    parts("pagemill tune a.csv -t ndjson --save big", &["no recommendation: a.csv has 76 B"]).before("cp trips.csv a.csv"),
    parts("pagemill tune big.csv -o big.ndjson.gz --time-limit 10m", &["no recommendation: big.csv has "]),
    parts("pagemill tune big.csv -t ndjson -j 2", &["no recommendation: big.csv has "]),
    parts("pagemill convert big.csv -o big.ndjson --progress plain 2> big.log", &["read", "written"]).after("cat big.log"),
    parts("pagemill convert big.csv -o big.ndjson --monitor", &["{\"id\":"]).after("head -1 big.ndjson"),
    parts("pagemill convert big.csv -o big.ndjson --metrics-file pagemill.prom", &["pagemill_read_bytes_total "]).after("cat pagemill.prom"),
    answer("pagemill config init", "pagemill.toml: no fault, 0 profiles, 0 jobs, 0 alerts\n").after("pagemill config check"),
    answer("pagemill config check", "pagemill.toml: no fault, 1 profile, 2 jobs, 0 alerts\n").before(CONFIGURED),
    parts("pagemill config show --origin", &["workers = 2 ", "  # pagemill.toml:1\n", "  # built in\n"]).before(CONFIGURED),
    parts("pagemill config show --profile eu", &["delimiter = \";\"\n", "workers = 2\n"]).before(CONFIGURED),
    parts("pagemill config report-schema > report.schema.json", &["\"$schema\"", "\"exit_code\""]).after("cat report.schema.json"),
    parts("pagemill config schema > pagemill.schema.json", &["\"$schema\"", "\"memory-limit\""]).after("cat pagemill.schema.json"),
    parts("pagemill man | man -l -", &[".TH pagemill 1"]),
    parts("pagemill man convert > pagemill-convert.1", &[".TH pagemill-convert 1"]).after("cat pagemill-convert.1"),
    parts("pagemill completions bash > ~/.local/share/bash-completion/completions/pagemill", &["_pagemill()"]).before("mkdir -p ~/.local/share/bash-completion/completions").after("cat ~/.local/share/bash-completion/completions/pagemill"),
    parts("pagemill completions zsh > ~/.zfunc/_pagemill", &["#compdef pagemill"]).before("mkdir ~/.zfunc").after("cat ~/.zfunc/_pagemill"),
    parts("pagemill completions fish > ~/.config/fish/completions/pagemill.fish", &["complete -c pagemill"]).before("mkdir -p ~/.config/fish/completions").after("cat ~/.config/fish/completions/pagemill.fish"),
    parts("pagemill bench csv-ndjson select", &["workload,program,runs,seconds,", "\ncsv-ndjson,pagemill,2,", "\nselect,pagemill,2,"]),
    parts("pagemill bench --save before", &["\ncsv-ndjson,pagemill,2,", "\nsmall-file,pagemill,2,", "before.json"])
        .before("unset XDG_STATE_HOME")
        .after("ls .local/state/pagemill/bench"),
    parts("pagemill bench --compare before -o report.html", &["<td>before</td>", "<td>too few runs to say</td>", "</html>"])
        .before("unset XDG_STATE_HOME; pagemill bench --save before > /dev/null")
        .after("cat report.html"),
    parts("pagemill bench csv-ndjson --against 'xan to ndjson {in} -o {out}'", &["\ncsv-ndjson,xan to ndjson {in} -o {out},1,", ",same\n"]),
    parts("pagemill bench csv-ndjson --against 'mlr --icsv --ojsonl cat {in}'", &["\ncsv-ndjson,mlr --icsv --ojsonl cat {in},1,", ",same\n"]),
    parts("pagemill bench upper --size 100MB --against 'tr a-z A-Z'", &["\nupper,tr a-z A-Z,1,", "different: in record "]),
    parts("pagemill bench select --input trips.csv -s id,fare --against 'xan select id,fare {in}'", &["\nselect,pagemill,2,", "\nselect,\"xan select id,fare {in}\",1,", ",same\n"]),
    parts("pagemill bench --list", &["workload,reads,writes,about\ncsv-ndjson,csv,ndjson,CSV to NDJSON\n"]),
];
