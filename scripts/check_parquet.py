#!/usr/bin/env python3
"""Holds pagemill's Parquet and Arrow against pyarrow: check_parquet.py PAGEMILL [CORPORA|- [TABLES]].

Files of others are read by both and compared value for value; tables of random types are written by pyarrow, read by
pagemill, written again as each of the formats, and read by pyarrow. Needs pyarrow from PyPI.
"""
import base64, datetime, decimal, json, math, random, subprocess, sys, tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq

PAGEMILL = sys.argv[1]
CORPORA = Path(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[2] != "-" else None
decimal.getcontext().prec = 100


def convert(source, target, *more):
    line = [PAGEMILL, "convert", str(source), "-o", str(target), "--force", "-q", *more]
    return subprocess.run(line, capture_output=True, text=True)


def clock(count, each, digits):
    """A time of day, as ISO 8601 has it."""
    second, rest = divmod(count, each)
    text = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return text + (f".{rest:0{digits}}" if digits else "")


UNITS = {"s": (1, 0), "ms": (10**3, 3), "us": (10**6, 6), "ns": (10**9, 9)}


def day(count):
    """A day since 1970 (the algorithm of Howard Hinnant, chrono-compatible low-level date algorithms)."""
    z = count + 719468
    era, doe = divmod(z, 146097)
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    d, m = doy - (153 * mp + 2) // 5 + 1, mp + 3 if mp < 10 else mp - 9
    y = yoe + era * 400 + (m <= 2)
    sign = "-" if y < 0 else "+" if y > 9999 else ""
    return f"{sign}{abs(y):04}-{m:02}-{d:02}"


def shown(value):
    """What pagemill writes for a value of pyarrow, as JSON."""
    of = value.type
    if not value.is_valid:
        return None
    if pa.types.is_dictionary(of):
        return shown(value.value if hasattr(value, "value") and isinstance(value.value, pa.Scalar) else value.dictionary[value.index.as_py()])
    if isinstance(of, pa.BaseExtensionType):
        if of.extension_name == "arrow.uuid":
            text = value.value.as_py().hex()
            return "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])
        return shown(value.value)
    if pa.types.is_boolean(of) or pa.types.is_integer(of):
        return value.as_py()
    if pa.types.is_floating(of):
        number = float(value.as_py())
        return number if math.isfinite(number) else None
    if pa.types.is_decimal(of):
        return decimal.Decimal(value.as_py())
    if pa.types.is_date32(of):
        return day(value.value)
    if pa.types.is_date64(of):
        return day(value.value // 86_400_000)
    if pa.types.is_time(of):
        return clock(value.value, *UNITS[of.unit])
    if pa.types.is_timestamp(of):
        each, digits = UNITS[of.unit]
        days, rest = divmod(value.value, 86_400 * each)
        return f"{day(days)}T{clock(rest, each, digits)}{'Z' if of.tz else ''}"
    if pa.types.is_binary(of) or pa.types.is_large_binary(of) or pa.types.is_fixed_size_binary(of):
        return base64.b64encode(value.as_py()).decode()
    if pa.types.is_string(of) or pa.types.is_large_string(of):
        return value.as_py()
    if pa.types.is_map(of):
        entries = value.values
        keys, values = entries.field(0), entries.field(1)
        if pa.types.is_string(keys.type):
            return {key.as_py(): shown(one) for key, one in zip(keys, values)}
        names = [entries.type.field(number).name for number in range(2)]
        return [{names[0]: shown(key), names[1]: shown(one)} for key, one in zip(keys, values)]
    if pa.types.is_list(of) or pa.types.is_large_list(of) or pa.types.is_fixed_size_list(of):
        return [shown(one) for one in value.values]
    if pa.types.is_struct(of):
        return {field.name: shown(value[number]) for number, field in enumerate(of)}
    raise NotImplementedError(str(of))


def same(wanted, found, of_float32=False):
    if isinstance(wanted, dict):
        return isinstance(found, dict) and wanted.keys() == found.keys() and all(same(one, found[key]) for key, one in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and len(wanted) == len(found) and all(map(same, wanted, found))
    if isinstance(wanted, float):
        return isinstance(found, decimal.Decimal) and float(found) == wanted
    if isinstance(wanted, bool) or wanted is None or isinstance(wanted, str):
        return type(wanted) is type(found) and wanted == found
    return isinstance(found, decimal.Decimal) and found == wanted


def rows(path):
    number = decimal.Decimal
    with open(path, encoding="utf-8") as file:
        return [json.loads(line, parse_int=number, parse_float=number) for line in file]


def compare(table, path, what):
    """Holds what pagemill wrote as NDJSON against a table."""
    found = rows(path)
    assert len(found) == table.num_rows, f"{what}: {len(found)} records, not {table.num_rows}"
    names = table.column_names
    columns = [column.combine_chunks() if column.num_chunks != 1 else column.chunk(0) for column in table.columns]
    for at, record in enumerate(found):
        wanted = {name: shown(column[at]) for name, column in zip(names, columns)}
        assert same(wanted, record), f"{what}, record {at + 1}:\n  {wanted}\n  {record}"
    return len(found)


def corpora(folder):
    seen = records = 0
    for source in sorted(CORPORA.glob("parquet/**/*.parquet")):
        try:
            table = pq.read_table(source, use_threads=False)
        except Exception as error:  # What pyarrow can't read is no oracle.
            print(f"{source.name}: pyarrow: {str(error)[:80]}")
            continue
        ran = convert(source, folder / "o.ndjson")
        assert ran.returncode == 0, f"{source}: {ran.stderr}"
        try:
            records += compare(table, folder / "o.ndjson", source.name)
            seen += 1
        except NotImplementedError as error:
            print(f"{source.name}: {error} is not compared")
    print(f"{seen} files of others, {records} records agree with pyarrow")


def random_type(r, level=0):
    plain = [
        pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(),
        pa.float32(), pa.float64(), pa.string(), pa.large_string(), pa.binary(), pa.binary(5), pa.date32(),
        pa.time32("ms"), pa.time64("us"), pa.time64("ns"), pa.timestamp("ms"), pa.timestamp("us", "UTC"),
        pa.timestamp("ns"), pa.decimal128(r.randint(1, 38), 0), pa.decimal128(38, r.randint(0, 38)), pa.decimal256(76, 5),
        pa.dictionary(pa.int32(), pa.string()),
    ]
    if level < 3 and r.random() < 0.3:
        kind = r.choice(["list", "large", "map", "struct"])
        inner = lambda: pa.field("item", random_type(r, level + 1), nullable=r.random() < 0.7)
        if kind == "list":
            return pa.list_(inner())
        if kind == "large":
            return pa.large_list(inner())
        if kind == "map":
            return pa.map_(pa.string(), inner().with_name("value"))
        return pa.struct([inner().with_name(f"f{number}") for number in range(r.randint(1, 3))])
    return r.choice(plain[:-1] if level else plain)


def random_value(r, of, nullable=True):
    if nullable and r.random() < 0.15:
        return None
    t = pa.types
    if t.is_dictionary(of):
        return r.choice(["red", "green", "blue", "with \"quotes\"", ""])
    if t.is_boolean(of):
        return r.random() < 0.5
    if t.is_integer(of):
        bits = of.bit_width
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if t.is_signed_integer(of) else (0, (1 << bits) - 1)
        return r.choice([low, high, 0, r.randint(low, high), r.randint(max(low, -100), 100)])
    if t.is_float32(of):
        return r.choice([0.5, -1.25, 3.0, 1024.0, 2.0**-20])
    if t.is_floating(of):
        return r.choice([0.1, -1e300, 5e-324, 3.0, r.uniform(-1e6, 1e6)])
    if t.is_decimal(of):
        digits = r.randint(0, of.precision)
        number = decimal.Decimal(r.choice([-1, 1]) * r.randrange(10**digits))
        return number.scaleb(-of.scale)
    if t.is_date(of):
        return r.randint(-700_000, 2_900_000)
    if t.is_time(of):
        return r.randrange(86_400 * UNITS[of.unit][0])
    if t.is_timestamp(of):
        return r.choice([0, -1, r.randint(-(2**60), 2**60) if of.unit == "ns" else r.randint(-(10**13), 10**13)])
    if t.is_fixed_size_binary(of):
        return r.randbytes(5)
    if t.is_binary(of):
        return r.randbytes(r.randint(0, 12))
    if t.is_string(of) or t.is_large_string(of):
        return r.choice(["", "a", "zoë", "line\nfeed", "\"q\"", "x" * r.randint(0, 300), "007", "true", "null"])
    if t.is_map(of):
        return [(f"k{number}", random_value(r, of.item_type, of.item_field.nullable)) for number in range(r.randint(0, 3))]
    if t.is_list(of) or t.is_large_list(of):
        return [random_value(r, of.value_type, of.value_field.nullable) for _ in range(r.randint(0, 3))]
    return {field.name: random_value(r, field.type, field.nullable) for field in of}


def write(table, path):
    if path.suffix == ".parquet":
        pq.write_table(table, path, row_group_size=37, store_schema=False)
        return
    opener = ipc.new_file if path.suffix == ".arrow" else ipc.new_stream
    with opener(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=23)


def read(path):
    if path.suffix == ".parquet":
        return pq.read_table(path, use_threads=False)
    opener = ipc.open_file if path.suffix == ".arrow" else ipc.open_stream
    with pa.OSFile(str(path)) as file, opener(file) as reader:
        return reader.read_all()


def generated(folder, count):
    kinds = ["parquet", "arrow", "arrows"]
    for seed in range(count):
        r = random.Random(seed)
        fields = [pa.field(f"c {number}", random_type(r), nullable=r.random() < 0.7) for number in range(r.randint(1, 6))]
        length = r.choice([0, 1, 100, 250])
        arrays = [pa.array([random_value(r, field.type, field.nullable) for _ in range(length)], field.type) for field in fields]
        table = pa.table(arrays, schema=pa.schema(fields))
        source = folder / f"in.{kinds[seed % 3]}"
        write(table, source)
        table = read(source)
        what = f"seed {seed}, {source.suffix}, {table.schema}"
        ran = convert(source, folder / "o.ndjson")
        assert ran.returncode == 0, f"{what}: {ran.stderr}"
        compare(table, folder / "o.ndjson", what)
        for kind in kinds:
            target = folder / f"out.{kind}"
            more = r.choice([[], ["--block-size", "1KiB"], ["--compress", "zstd"], ["--compress", "none"], ["-j", "1"]])
            ran = convert(source, target, *more)
            assert ran.returncode == 0, f"{what} to {kind} {more}: {ran.stderr}"
            ran = convert(target, folder / "again.ndjson")
            assert ran.returncode == 0, f"{what} from {kind} {more}: {ran.stderr}"
            compare(read(target), folder / "again.ndjson", f"{what} from {kind} {more}")
            assert rows(folder / "again.ndjson") == rows(folder / "o.ndjson"), f"{what}: {kind} {more} has other records"
    print(f"{count} generated tables agree with pyarrow, there and back as Parquet and Arrow")


def special(folder):
    """What files of others have that is rare: timestamps of 96 bits, checksums, other codecs, columns of one name."""
    source, target = folder / "s.parquet", folder / "s.ndjson"
    moments = ["0001-01-01T00:00:00", "1600-01-01T00:00:00", "9999-12-31T23:59:59.999999", "2024-01-01T00:00:00"]
    table = pa.table({"a": pa.array([datetime.datetime.fromisoformat(moment) for moment in moments], pa.timestamp("us"))})
    for stored in [False, True]:
        pq.write_table(table, source, use_deprecated_int96_timestamps=True, store_schema=stored)
        ran = convert(source, target)
        read = [record["a"] for record in map(json.loads, target.read_text().splitlines())]
        assert ran.returncode == 0 and read == [(moment + ".000000")[:26] for moment in moments], (ran.stderr, read)

    table = pa.table({"a": pa.array(range(1000), pa.int64())})
    pq.write_table(table, source, compression="none", use_dictionary=False, write_page_checksum=True)
    assert convert(source, target).returncode == 0
    damaged = bytearray(source.read_bytes())
    damaged[2000] ^= 1
    source.write_bytes(damaged)
    ran = convert(source, target)
    assert ran.returncode == 1 and "CRC" in ran.stderr, ran.stderr

    for codec in ["brotli", "gzip", "lz4", "snappy", "zstd", "none"]:
        pq.write_table(table, source, compression=codec)
        assert convert(source, target).returncode == 0 and len(rows(target)) == 1000, codec

    twice = pa.table([pa.array([1]), pa.array(["x"])], names=["x", "x"])
    inside = pa.table({"s": pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], names=["y", "y"])})
    for table, name in [(twice, "x"), (inside, "s.y")]:
        for kind in ["arrow", "parquet"]:
            write(table, folder / f"t.{kind}")
            ran = convert(folder / f"t.{kind}", target)
            assert ran.returncode == 1 and f"two columns have the name `{name}`" in ran.stderr, (kind, ran.stderr)
    print("timestamps of 96 bits, checksums, codecs, and columns of one name are read or refused")


with tempfile.TemporaryDirectory() as folder:
    special(Path(folder))
    if CORPORA:
        corpora(Path(folder))
    generated(Path(folder), int(sys.argv[3]) if len(sys.argv) > 3 else 150)
