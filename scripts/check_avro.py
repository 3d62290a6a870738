#!/usr/bin/env python3
"""Compares the reading and writing of Avro files with fastavro: `check_avro.py PAGEMILL [FOLDER OF FILES]`.

It needs fastavro, cramjam and backports.zstd. Schemas and records are generated, the same ones each time.
"""

import base64
import datetime
import decimal
import io
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile
import uuid

import fastavro

EPOCH = datetime.datetime(1970, 1, 1)
CODECS = ["null", "deflate", "snappy", "zstandard", "bzip2", "xz"]


def run(*arguments, ok=True):
    ran = subprocess.run(arguments, capture_output=True)
    if ok and ran.returncode != 0:
        raise SystemExit(f"{arguments}: {ran.stderr.decode()}")
    return ran


def moment(value, digits, utc):
    text = value.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    return text + "." + f"{value.microsecond:06}"[:digits] + ("Z" if utc else "")


def shown(value, schema, names):
    """A value as JSON has it here."""
    if isinstance(schema, str):
        schema = names.get(schema, schema)
    if isinstance(schema, list):
        if value is None:
            return None
        fitting = [of for of in schema if of != "null"]
        for of in fitting:
            if fastavro.validate(value, of if isinstance(of, dict) else names.get(of, of), raise_errors=False):
                return shown(value, of, names)
        return shown(value, fitting[0], names)
    kind = schema if isinstance(schema, str) else schema["type"]
    if isinstance(kind, (dict, list)):
        return shown(value, kind, names)
    if isinstance(schema, dict) and "name" in schema:
        names[schema["name"]] = schema
    logical = schema.get("logicalType") if isinstance(schema, dict) else None
    if isinstance(value, decimal.Decimal):
        return decimal.Decimal(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime.datetime):
        return moment(value, 3 if "millis" in logical else 6, not logical.startswith("local"))
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.time):
        return value.strftime("%H:%M:%S.") + f"{value.microsecond:06}"[: 3 if "millis" in logical else 6]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if kind == "array":
        return [shown(item, schema["items"], names) for item in value]
    if kind == "map":
        return {key: shown(item, schema["values"], names) for key, item in value.items()}
    if kind in ("record", "error"):
        return {field["name"]: shown(value[field["name"]], field["type"], names) for field in schema["fields"]}
    return value


def read_by_fastavro(data):
    with io.BytesIO(data) as file:
        reader = fastavro.reader(file)
        schema = reader.writer_schema
        records = []
        for record in reader:
            is_record = isinstance(schema, dict) and schema["type"] == "record"
            made = shown(record, schema, {})
            records.append(made if is_record or isinstance(made, dict) else {"value": made})
        return records


def read_by_pagemill(pagemill, path):
    ran = run(pagemill, "convert", str(path), "-f", "avro", "-t", "ndjson", "-q")
    return [json.loads(line, parse_float=decimal.Decimal) for line in ran.stdout.decode().splitlines()]


def same(one, other):
    """Whether two values are the same; a float is so if it is the nearest one."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(other, float):
        return isinstance(one, (decimal.Decimal, int, float)) and float(one) == other
    if isinstance(other, decimal.Decimal):
        return decimal.Decimal(one) == other
    return type(one) is type(other) and one == other


class Made:
    """Schemas and records."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.number = 0

    def name(self):
        self.number += 1
        return f"n{self.number}"

    def plain(self):
        return self.random.choice([
            "boolean", "int", "long", "float", "double", "bytes", "string",
            {"type": "int", "logicalType": "date"},
            {"type": "int", "logicalType": "time-millis"},
            {"type": "long", "logicalType": "time-micros"},
            {"type": "long", "logicalType": "timestamp-millis"},
            {"type": "long", "logicalType": "timestamp-micros"},
            {"type": "long", "logicalType": "local-timestamp-micros"},
            {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 3},
            {"type": "fixed", "name": self.name(), "size": 8, "logicalType": "decimal", "precision": 15, "scale": 2},
            {"type": "fixed", "name": self.name(), "size": 3},
            {"type": "enum", "name": self.name(), "symbols": ["A", "B", "C"]},
        ])

    def type(self, depth):
        kind = self.random.randrange(10) if depth > 0 else 0
        if kind < 5:
            return self.plain()
        if kind < 7:
            return ["null", self.type(depth - 1)] if kind == 5 else {"type": "array", "items": self.type(depth - 1)}
        if kind == 7:
            return {"type": "map", "values": self.type(depth - 1)}
        return self.record(depth - 1)

    def record(self, depth):
        fields = [{"name": self.name(), "type": self.type(depth)} for _ in range(self.random.randrange(1, 6))]
        for field in fields:
            if isinstance(field["type"], list) and isinstance(field["type"][1], list):
                field["type"] = field["type"][1]
        return {"type": "record", "name": self.name(), "fields": fields}

    def value(self, schema):
        pick = self.random
        if isinstance(schema, list):
            return None if pick.random() < 0.3 else self.value(schema[1])
        kind = schema if isinstance(schema, str) else schema["type"]
        logical = schema.get("logicalType") if isinstance(schema, dict) else None
        if logical == "date":
            return datetime.date.fromordinal(pick.randrange(1, 3_652_059))
        if logical == "time-millis":
            return (EPOCH + datetime.timedelta(milliseconds=pick.randrange(86_400_000))).time()
        if logical == "time-micros":
            return (EPOCH + datetime.timedelta(microseconds=pick.randrange(86_400_000_000))).time()
        if logical and "timestamp" in logical:
            zone = None if logical.startswith("local") else datetime.timezone.utc
            unit = 1000 if "millis" in logical else 1
            moved = datetime.timedelta(microseconds=unit * pick.randrange(-(10**15) // unit, 4 * 10**15 // unit))
            return (EPOCH + moved).replace(tzinfo=zone)
        if logical == "decimal":
            whole = pick.randrange(-(10 ** schema["precision"]) + 1, 10 ** schema["precision"])
            return decimal.Decimal(whole).scaleb(-schema["scale"])
        return {
            "boolean": lambda: pick.random() < 0.5,
            "int": lambda: pick.choice([0, -1, 2**31 - 1, -(2**31), pick.randrange(1000)]),
            "long": lambda: pick.choice([0, -1, 2**63 - 1, -(2**63), pick.randrange(1 << 40)]),
            "float": lambda: pick.choice([0.5, -1.25, 1024.0]),
            "double": lambda: pick.choice([0.1, -1e300, 5e-324, pick.random()]),
            "bytes": lambda: pick.randbytes(pick.randrange(5)),
            "string": lambda: "".join(pick.choice("ab\u00e4\u20ac\"\\\n ") for _ in range(pick.randrange(6))),
            "fixed": lambda: pick.randbytes(schema["size"]),
            "enum": lambda: pick.choice(schema["symbols"]),
            "array": lambda: [self.value(schema["items"]) for _ in range(pick.randrange(4))],
            "map": lambda: {f"k{n}": self.value(schema["values"]) for n in range(pick.randrange(4))},
            "record": lambda: {field["name"]: self.value(field["type"]) for field in schema["fields"]},
        }[kind]()


def compare(what, ours, theirs):
    if len(ours) != len(theirs):
        raise SystemExit(f"{what}: {len(ours)} records, not {len(theirs)}")
    for number, (one, other) in enumerate(zip(ours, theirs)):
        if not same(one, other):
            raise SystemExit(f"{what}, record {number}:\n{one}\n{other}")


def main():
    decimal.getcontext().prec = 60
    pagemill, folder = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    count = 0
    if folder:
        for path in sorted(pathlib.Path(folder).rglob("*.avro*")):
            data = path.read_bytes()
            if not data.startswith(b"Obj\x01"):
                continue
            ours = read_by_pagemill(pagemill, path)
            try:
                theirs = read_by_fastavro(data)
            except (UnicodeDecodeError, ValueError) as error:
                print(f"{path}: {len(ours)} records; fastavro can't read it: {error}")
                continue
            compare(path, ours, theirs)
            count += 1
        print(f"{count} files are read alike")
    with tempfile.TemporaryDirectory() as room:
        room = pathlib.Path(room)
        for seed in range(60):
            made = Made(seed)
            schema = made.record(3)
            records = [made.value(schema) for _ in range(made.random.randrange(80))]
            path, codec = room / "theirs.avro", CODECS[seed % len(CODECS)]
            with path.open("wb") as file:
                fastavro.writer(file, fastavro.parse_schema(schema), records, codec=codec, sync_interval=500)
            theirs = read_by_fastavro(path.read_bytes())
            compare(f"seed {seed}", read_by_pagemill(pagemill, path), theirs)
            # And back, by way of another format, with the schema.
            (room / "schema.avsc").write_text(json.dumps(schema))
            ours = room / "ours.avro"
            said = {"zstandard": "zstd", "null": "none"}.get(codec, codec)
            more = ["--compress", said, "--block-size", "300", "--force", "-q"]
            run(pagemill, "convert", str(path), "-o", str(ours), *more)
            compare(f"seed {seed}, Avro to Avro", theirs, read_by_fastavro(ours.read_bytes()))
            run(pagemill, "convert", str(path), "-o", str(room / "a.ndjson"), "--force", "-q")
            run(pagemill, "convert", str(room / "a.ndjson"), "-o", str(ours), "--schema", str(room / "schema.avsc"), *more)
            compare(f"seed {seed}, NDJSON to Avro", theirs, read_by_fastavro(ours.read_bytes()))
        print("60 generated schemas are read and written alike")


main()
