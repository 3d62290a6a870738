#!/usr/bin/env python3
"""Compares pagemill with Python's protobuf: random messages are written by one and read by the other.

Needs: pip install protobuf grpcio-tools. Usage: check_protobuf.py PAGEMILL [ROUNDS]
"""

import json
import pathlib
import random
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.internal.decoder import _DecodeVarint32
from google.protobuf.internal.encoder import _VarintBytes
from grpc_tools import protoc

PROTO = """syntax = "proto3";
package c;
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto";
message All {
  double a = 1; float b = 2; int32 c = 3; int64 d_d = 4; uint32 e = 5; uint64 f = 6; sint32 g = 7; sint64 h = 8;
  fixed32 i = 9; fixed64 j = 10; sfixed32 k = 11; sfixed64 l = 12; bool m = 13; string n_text = 14; bytes o = 15;
  repeated double ra = 21; repeated int32 rc = 23; repeated sint64 rh = 28; repeated string rn = 34; repeated Kind rk = 36;
  map<string, int64> ms = 41; map<int32, All> mm = 42; map<bool, string> mb = 43;
  optional int32 oc = 51; optional string on = 52;
  oneof one { int64 x = 61; All y = 62; string z = 63; }
  Kind kind = 71; All inner = 72; repeated All many = 73;
  google.protobuf.Timestamp t = 81; google.protobuf.Duration u = 82; google.protobuf.Int64Value v = 83;
  google.protobuf.Struct s = 84;
}
enum Kind { ZERO = 0; ONE = 1; BACK = -1; FAR = 1000; }
"""


def fill(draw, message, depth):
    def whole(bits, signed):
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        return draw.choice([0, 1, low, high, draw.randint(low, high), draw.randint(0, 300)])

    def text():
        return "".join(draw.choice('ab"\\\n\u00e9\u4e2d\U0001f600,') for _ in range(draw.randint(0, 8)))

    sets = {
        "a": lambda: draw.choice([0.0, -0.0, 1.5, 1e300, draw.random(), float("inf")]),
        "b": lambda: draw.choice([0.0, 0.1, 1.5, 3.4e38, draw.random()]),
        "c": lambda: whole(32, True), "d_d": lambda: whole(64, True), "e": lambda: whole(32, False),
        "f": lambda: whole(64, False), "g": lambda: whole(32, True), "h": lambda: whole(64, True),
        "i": lambda: whole(32, False), "j": lambda: whole(64, False), "k": lambda: whole(32, True),
        "l": lambda: whole(64, True), "m": lambda: draw.random() < 0.5, "n_text": text,
        "o": lambda: draw.randbytes(draw.randint(0, 9)), "oc": lambda: whole(32, True), "on": text,
        "x": lambda: whole(64, True), "z": text, "kind": lambda: draw.choice([0, 1, -1, 1000, 7]),
    }
    for name, make in sets.items():
        if draw.random() < 0.4:
            setattr(message, name, make())
    some = lambda make: [make() for _ in range(draw.randint(0, 3))]
    message.ra.extend(some(sets["a"]))
    message.rc.extend(some(sets["c"]))
    message.rh.extend(some(sets["h"]))
    message.rn.extend(some(text))
    message.rk.extend(some(sets["kind"]))
    for _ in range(draw.randint(0, 2)):
        message.ms[text()] = whole(64, True)
        message.mb[draw.random() < 0.5] = text()
    if draw.random() < 0.3:
        message.t.seconds, message.t.nanos = draw.randint(-62135596800, 253402300799), draw.choice([0, 1, 1000, 5000000])
    if draw.random() < 0.3:
        sign = draw.choice([-1, 1])
        message.u.seconds, message.u.nanos = sign * draw.randint(0, 10**9), sign * draw.choice([0, 1, 250000000])
    if draw.random() < 0.3:
        message.v.value = whole(64, True)
    if draw.random() < 0.3:
        message.s.update({text(): draw.choice([None, 1.5, "x", True, [1, None], {"k": []}])})
    if depth:
        for make in (lambda: message.inner, lambda: message.many.add(), lambda: message.mm[whole(32, True)]):
            if draw.random() < 0.3:
                fill(draw, make(), depth - 1)
        if draw.random() < 0.2:
            fill(draw, message.y, depth - 1)
    return message


def main():
    program, rounds = str(pathlib.Path(sys.argv[1]).resolve()), int(sys.argv[2]) if len(sys.argv) > 2 else 20
    here = pathlib.Path(tempfile.mkdtemp())
    (here / "c.proto").write_text(PROTO)
    import grpc_tools
    include = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    status = protoc.main(["", f"-I{here}", f"-I{include}", "--include_imports", f"--descriptor_set_out={here}/c.desc", "c.proto"])
    assert status == 0
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString((here / "c.desc").read_bytes()).file:
        pool.Add(file)
    All = message_factory.GetMessageClass(pool.FindMessageTypeByName("c.All"))

    def run(*words):
        done = subprocess.run([program, *words], cwd=here, capture_output=True)
        assert done.returncode == 0, (words, done.stderr.decode())
        return done.stdout

    for seed in range(rounds):
        draw = random.Random(seed)
        messages = [fill(draw, All(), 2) for _ in range(200)]
        data = b"".join(_VarintBytes(m.ByteSize()) + m.SerializeToString() for m in messages)
        (here / "a.pb").write_bytes(data)
        for schema in ("c.proto", "c.desc"):
            words = ("--schema", schema, "--message", "c.All", "-q")
            # Their JSON and ours.
            ours = run("convert", "a.pb", "-t", "ndjson", "--proto-json", *words).decode().splitlines()
            for message, line in zip(messages, ours, strict=True):
                assert json.loads(line) == json.loads(json_format.MessageToJson(message)), (seed, line)
                assert json_format.Parse(line, All()) == message, (seed, line)
            # What we write of their JSON, and of our own, they read.
            theirs = "".join(json_format.MessageToJson(m, indent=None) + "\n" for m in messages)
            (here / "b.ndjson").write_text(theirs)
            run("convert", "b.ndjson", "-o", "b.pb", "--force", "--proto-json", *words)
            run("convert", "a.pb", "-o", "c.ndjson", "--force", "--nonfinite", "text", *words)
            run("convert", "c.ndjson", "-o", "c.pb", "--force", *words)
            for name in ("b.pb", "c.pb"):
                written, at, read = (here / name).read_bytes(), 0, []
                while at < len(written):
                    size, at = _DecodeVarint32(written, at)
                    read.append(All.FromString(written[at : at + size]))
                    at += size
                assert read == messages, (seed, name)
    print(f"{rounds} rounds of 200 messages: the same")


main()
