#!/usr/bin/env python3
"""Checks `pagemill schema` with other programs, on tables that are made to be hard.

    scripts/check_schema.py [PAGEMILL]

Needs `pip install fastavro duckdb jsonschema grpcio-tools`; what is not there is passed over and named. Every schema is taken with several
numbers of workers and sizes of slices, which must not change a byte. Then, of each form:

* json: it fits its own JSON Schema (src/docs/schema.schema.json), and a conversion with it keeps the text of every value
* avro: fastavro parses it, and writes and reads the records
* json-schema: every record of the converted NDJSON is valid
* duckdb: the statement runs, and DuckDB reads the table into it without an error
* proto: the compiler takes it
"""

import csv
import datetime
import importlib
import json
import random
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

NEEDED = ["fastavro", "duckdb", "jsonschema", "grpc_tools.protoc"]
HERE = Path(__file__).resolve().parent.parent


def load(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"passed over: {name} is not installed")
        return None


def column(rng):
    """Makes the values of a column: most have one shape, some have others too."""
    def digits(least, most):
        return "".join(rng.choice("0123456789") for _ in range(rng.randint(least, most)))

    shapes = [
        lambda: str(rng.randint(-(10 ** rng.randint(1, 19)), 10 ** rng.randint(1, 19))),
        lambda: str(rng.randint(0, 200)),
        lambda: f"{rng.randint(-999, 999)}.{digits(2, 2)}",
        lambda: f"{rng.randint(1, 99)}.{digits(1, 3)}",
        lambda: repr(rng.uniform(-1e3, 1e3)),
        lambda: rng.choice(["true", "false"]),
        lambda: (datetime.date(2000, 1, 1) + datetime.timedelta(rng.randint(0, 9999))).isoformat(),
        lambda: f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}",
        lambda: f"2024-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}T06:19:{rng.randint(10, 59)}.{digits(3, 3)}Z",
        lambda: f"2024-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}T06:19:{rng.randint(10, 59)}",
        lambda: "".join(rng.choice("abcxyz 017.-:é\"',") for _ in range(rng.randint(1, 8))),
        lambda: rng.choice(["007", "-0", "1e5", "+1", ".5", "2024-02-30", "24:00:00", "1.10", "1.1", "NaN", "null"]),
    ]
    first, second = rng.choice(shapes), rng.choice(shapes)
    odd, nulls = rng.choice([0, 0, 0, 0.01]), rng.choice([0, 0, 0.2])
    return lambda: None if rng.random() < nulls else (second if rng.random() < odd else first)()


def of_avro(of, text):
    """The value that Avro has for a text."""
    if isinstance(of, list):
        if text is None:
            return None
        of = next(one for one in of if one != "null")
    name, logical = (of, None) if isinstance(of, str) else (of["type"], of.get("logicalType"))
    if logical == "decimal":
        return Decimal(text)
    if logical == "date":
        return datetime.date.fromisoformat(text)
    if logical and logical.startswith("time-"):
        return datetime.time.fromisoformat(text)
    if logical:
        return datetime.datetime.fromisoformat(text)
    return {"boolean": lambda t: t == "true", "int": int, "long": int, "double": float, "string": str}[name](text)


def check(binary, folder, seed, tools):
    rng = random.Random(seed)
    names = [f"c{n}" for n in range(12)] + ["a b", "C1", 'say "hi"', "2nd", "über"]
    columns = [column(rng) for _ in names]
    rows = [[make() for make in columns] for _ in range(rng.choice([1, 7, 400]))]
    path = folder / f"t{seed}.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerow(names)
        # An empty field is null here, and no value is empty.
        csv.writer(file).writerows([["" if value is None else value for value in row] for row in rows])

    def run(*args):
        return subprocess.run([binary, *args], capture_output=True, check=True).stdout

    def schema(form, *flags):
        return run("schema", str(path), "-t", form, *flags)

    own = schema("json")
    for flags in [("-j", "1"), ("-j", "7", "--slice-size", "200"), ("-j", "2", "--io", "read", "--slice-size", "5000")]:
        assert schema("json", *flags) == own, f"seed {seed}: {flags} changes the schema"
    (folder / "s.json").write_bytes(own)
    lines = run("convert", str(path), "-t", "ndjson", "--schema", str(folder / "s.json"), "--strict").decode().splitlines()
    records = [json.loads(line, parse_int=str, parse_float=str) for line in lines]
    shown = [["true" if v is True else "false" if v is False else v for v in record.values()] for record in records]
    assert shown == rows, f"seed {seed}: a value is not its own text"
    if tools["jsonschema"]:
        form = json.loads((HERE / "src/docs/schema.schema.json").read_text())
        tools["jsonschema"].Draft202012Validator(form).validate(json.loads(own))
        validator = tools["jsonschema"].Draft202012Validator(json.loads(schema("json-schema")))
        for line in lines:
            validator.validate(json.loads(line))
    if tools["fastavro"]:
        avro = json.loads(schema("avro"))
        parsed = tools["fastavro"].parse_schema(avro)
        fields = avro["fields"]
        made = [{f["name"]: of_avro(f["type"], value) for f, value in zip(fields, row)} for row in rows]
        with open(folder / "t.avro", "wb") as file:
            tools["fastavro"].writer(file, parsed, made)
        with open(folder / "t.avro", "rb") as file:
            assert len(list(tools["fastavro"].reader(file))) == len(rows)
        (folder / "s.avsc").write_bytes(json.dumps(avro).encode())
        by_avro = run("convert", str(path), "-t", "ndjson", "--schema", str(folder / "s.avsc"), "--strict")
        assert by_avro.decode().splitlines() == lines, f"seed {seed}: the Avro schema says something else"
    if tools["duckdb"]:
        database = tools["duckdb"].connect()
        database.execute(schema("duckdb").decode())
        table = f"t{seed}"
        read = f"read_csv('{path}', header=true, all_varchar=true, delim=',', quote='\"', escape='\"')"
        database.execute(f'INSERT INTO "{table}" SELECT * FROM {read}')
        assert database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] == len(rows)
    if tools["grpc_tools.protoc"]:
        (folder / "s.proto").write_bytes(schema("proto"))
        include = Path(tools["grpc_tools.protoc"].__file__).parent / "_proto"
        code = tools["grpc_tools.protoc"].main(
            ["protoc", f"-I{folder}", f"-I{include}", f"--descriptor_set_out={folder / 's.bin'}", str(folder / "s.proto")]
        )
        assert code == 0, f"seed {seed}: the compiler refuses the message"


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else "target/release/pagemill"
    tools = {name: load(name) for name in NEEDED}
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(60):
            check(binary, Path(folder), seed, tools)
    print("60 tables: every value keeps its text, and all forms are accepted")


if __name__ == "__main__":
    main()
