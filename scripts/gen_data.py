#!/usr/bin/env python3
"""Makes the input files of the benches. Python's standard library only.

  gen_data.py DIR [--sizes small,mid,big] [--only numeric,quoted,flat,nested,array,text] [--force]

Sizes: small 10 MiB, mid 128 MiB, big 1 GiB (array 512 MiB). Files: numeric.csv is big, numeric.mid.csv mid,
numeric.small.csv small, and so on. The same bytes every time.

A block of unique records (16 MiB, fixed seed) is written again and again. Every record begins with an id of ten
digits that counts on, so that no two records are equal.
"""
import argparse
import json
import os
import random
import sys
import time

MIB = 1 << 20
BLOCK = 16 * MIB
FIRST_ID = 1000000000
MARK = b"\0ID\0"  # where a record's id goes; the data has no NUL
SIZES = {"small": 10 * MIB, "mid": 128 * MIB, "big": 1024 * MIB}
NAMES = {"numeric": "csv", "quoted": "csv", "flat": "ndjson", "nested": "ndjson", "array": "json", "text": "txt"}

COLUMNS = ("id vendor pickup_at dropoff_at passengers trip_km pickup_lon pickup_lat zone_from zone_to store_fwd "
           "payment fare tip total device").split()
WORDS = ("river stone paper signal window engine market garden bridge letter number column quick silent early "
         "northern bright heavy every under over after before with without from into is was has had and or but not "
         "the a of to in on at by table record stream buffer page memory worker slice order").split()
FOREIGN = ("café naïve Zürich señor Łódź straße İzmir Ελλάδα Σίσυφος привет Москва 東京 データ 한국어 नमस्ते مرحبا "
           "😀 🚕 €12 ½ Ångström œuvre déjà façade").split()


def when(rng):
    return "20%02d-%02d-%02d %02d:%02d:%02d" % (rng.randrange(18, 25), rng.randrange(1, 13), rng.randrange(1, 29),
                                                rng.randrange(24), rng.randrange(60), rng.randrange(60))


def words(rng, low, high, foreign=0.06):
    count = rng.randrange(low, high)
    return " ".join(rng.choice(FOREIGN) if rng.random() < foreign else rng.choice(WORDS) for _ in range(count))


def trip(rng):
    """The fields of a flat record after its id, as they are written."""
    km, fare = rng.expovariate(0.25) + 0.3, 2.5 + rng.expovariate(0.08)
    tip = fare * 0.2 if rng.random() < 0.6 else 0.0
    return (rng.choice(("CMT", "VTS", "DDS", "CURB")), when(rng), when(rng), "%d" % rng.randrange(1, 7), "%.2f" % km,
            "%.6f" % (-74.05 + rng.random() * 0.3), "%.6f" % (40.6 + rng.random() * 0.3), "Z%03d" % rng.randrange(266),
            "Z%03d" % rng.randrange(266), rng.choice("NY"), rng.choice(("card", "card", "cash", "wallet", "voucher")),
            "%.2f" % fare, "%.2f" % tip, "%.2f" % (fare + tip), "%08x" % rng.getrandbits(32))


NUMBERS = {"passengers", "trip_km", "pickup_lon", "pickup_lat", "fare", "tip", "total"}
FLAT = '{"id":%s,' + ",".join('"%s":%s' % (c, "%s" if c in NUMBERS else '"%s"') for c in COLUMNS[1:]) + "}\n"
ID = MARK.decode()


def numeric(rng):
    return ID + "," + ",".join(trip(rng)) + "\n"


def flat(rng):
    return FLAT % ((ID,) + trip(rng))


def quote(text):
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n') else text


def quoted(rng):
    """Text fields: commas, doubled quotes, line breaks, UTF-8."""
    title = words(rng, 3, 9)
    if rng.random() < 0.2:
        title = '"' + title + '"'
    body = words(rng, 15, 70)
    if rng.random() < 0.25:
        body = body.replace(" and ", ",\n")
    if rng.random() < 0.25:
        body += ' said "' + words(rng, 1, 4) + '"'
    author = words(rng, 1, 3, 0.2) + (", Jr." if rng.random() < 0.1 else "")
    note = "" if rng.random() < 0.5 else words(rng, 2, 9)
    tags = ",".join(rng.sample(WORDS, rng.randrange(4)))
    return ",".join((ID, quote(author), '"' + title.replace('"', '""') + '"', '"' + body.replace('"', '""') + '"',
                     "%.1f" % (rng.randrange(2, 11) / 2), words(rng, 1, 3, 0.4), when(rng), quote(note), quote(tags))) + "\n"


def nested(rng):
    """Events of a code forge, half of them with \\u escapes."""
    login = rng.choice(WORDS) + "-" + rng.choice(WORDS) + str(rng.randrange(1000))
    kind = rng.choice(("PushEvent", "WatchEvent", "IssuesEvent", "CreateEvent"))
    payload = {}
    if kind == "PushEvent":
        payload = {"push_id": rng.getrandbits(33), "ref": "refs/heads/main", "head": "%040x" % rng.getrandbits(160),
                   "commits": [{"sha": "%040x" % rng.getrandbits(160), "message": words(rng, 3, 12) + "\n\n" + words(rng, 3, 9),
                                "author": {"name": words(rng, 2, 4, 0.2), "email": login + "@example.com"},
                                "distinct": rng.random() < 0.9} for _ in range(rng.randrange(1, 4))]}
    elif kind == "IssuesEvent":
        payload = {"action": "opened", "issue": {"number": rng.randrange(9999), "title": words(rng, 3, 9),
                   "body": words(rng, 5, 50) + ' "quoted"\r\n\tC:\\temp', "labels": [], "score": 0.25, "milestone": None}}
    event = {"type": kind, "actor": {"id": rng.randrange(10**8), "login": login, "url": "https://api.example.com/users/" + login},
             "repo": {"id": rng.randrange(10**8), "name": login + "/" + rng.choice(WORDS)}, "payload": payload,
             "public": True, "created_at": when(rng).replace(" ", "T") + "Z"}
    text = json.dumps(event, ensure_ascii=rng.random() < 0.5, separators=(",", ":"))
    return '{"id":"' + ID + '",' + text[1:] + "\n"


def text(rng):
    if rng.random() < 0.6:
        return "%s %s [%s] worker-%d: %s req=%016x\n" % (ID, when(rng), rng.choice(("INFO", "WARN", "DEBUG")),
                                                         rng.randrange(64), words(rng, 3, 12, 0.03), rng.getrandbits(64))
    return ID + " " + words(rng, 6, 30, 0.12).capitalize() + ".\n"


MAKERS = {"numeric": numeric, "quoted": quoted, "flat": flat, "nested": nested, "array": flat, "text": text}


def path_of(folder, name, size):
    return os.path.join(folder, name + ("" if size == "big" else "." + size) + "." + NAMES[name])


def block_of(name):
    """A list of unique records."""
    rng, records, size = random.Random("pagemill " + MAKERS[name].__name__), [], 0
    while size < BLOCK:
        record = MAKERS[name](rng).encode()
        records.append(record)
        size += len(record) + 10 - len(MARK)
    return records


def write(path, name, block, target):
    """Writes records until the file has `target` bytes."""
    array = name == "array"
    halves = [record.split(MARK) for record in block]
    with open(path + ".part", "wb", buffering=0) as file:
        head = (",".join(COLUMNS) + "\n").encode() if name == "numeric" else b""
        head = b"id,author,title,body,rating,city,posted_at,note,tags\n" if name == "quoted" else head
        head = b"[\n" if array else head
        parts, size, number = [head], len(head), FIRST_ID
        separator = b""
        while size < target:
            for front, back in halves:
                record = front + b"%d" % number + back
                if array:
                    record = separator + record[:-1]
                    separator = b",\n"
                parts.append(record)
                number += 1
                size += len(record)
                if size >= target:
                    break
            put(file, b"".join(parts))
            parts = []
        if array:
            put(file, b"\n]\n")
    os.replace(path + ".part", path)
    return number - FIRST_ID


def put(file, data):
    view = memoryview(data)
    while view:
        view = view[file.write(view):]


def ensure(folder, names, sizes, force=False, say=print):
    """Makes the files that are missing."""
    os.makedirs(folder, exist_ok=True)
    for name in names:
        paths = {size: path_of(folder, name, size) for size in sizes}
        missing = {size: path for size, path in paths.items() if force or not os.path.exists(path)}
        block = block_of(name) if missing else None
        for size, path in missing.items():
            start = time.monotonic()
            target = SIZES[size] // (2 if name == "array" and size == "big" else 1)
            records = write(path, name, block, target)
            say("%s: %d bytes, %d records, %.1f s" % (path, os.path.getsize(path), records, time.monotonic() - start))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir")
    parser.add_argument("--sizes", default="small,mid,big")
    parser.add_argument("--only", default=",".join(NAMES))
    parser.add_argument("--force", action="store_true")
    args = parser.parse_args()
    ensure(args.dir, args.only.split(","), args.sizes.split(","), args.force)
    return 0


if __name__ == "__main__":
    sys.exit(main())
