//! Groups that do not fit into memory go to sorted runs on disk; the result is the same.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{command, feed, names, ran, read, run, say, with};

/// Records of many groups: each comes several times, at places that lie far from each other.
fn table(records: usize) -> String {
    let mut text = "k,x,y\n".to_owned();
    for n in 0..records {
        let (group, number) = (n * 7919 % (records / 3), n * 31 % 1009);
        let _ = match n % 17 {
            0 => writeln!(text, "group {group},,u{}", n % 53),
            1 => writeln!(text, "group {group},{number}e20,\"u{}\"", n % 53),
            _ => writeln!(text, "group {group},{number}.{:02},u{}", n % 100, n % 53),
        };
    }
    text
}

/// All functions.
const ALL: &str = "n=count(),c=count(x),s=sum(x*1.1),m=mean(x),sd=stddev(x),lo=min(x),hi=max(x),q=quantile(x,0.75),md=median(x),d=distinct(y),mo=mode(y),t=top(y,2),f=first(y),l=last(x),a=any(y),up=max(upper(y)),ad=approx_distinct(y),aq=approx_quantile(x,0.5)";

fn spilled(here: &Path) -> Value {
    serde_json::from_str::<Value>(&read(here, "r.json")).unwrap()["spilled"].clone()
}

#[test]
fn the_bytes_are_the_same_in_every_way() {
    let text = table(24_000);
    let here = with(&[("t.csv", &*text)]);
    let here = here.path();
    let (first, second) = text.split_at(text.match_indices('\n').nth(9_000).unwrap().0 + 1);
    fs::write(here.join("1.csv"), first).unwrap();
    fs::write(here.join("2.csv"), format!("k,x,y\n{second}")).unwrap();
    run(here, ["convert", "t.csv", "-o", "t.csv.zst"]).ends(0);
    let asked = ["--by", "k", "--agg", ALL, "--report", "r.json", "--force"];
    let expected = run(here, ["aggregate", "t.csv"].iter().chain(&asked)).ends(0).stdout;
    assert_eq!((expected.lines().count(), spilled(here)), (8001, Value::Null));
    for flags in [
        "t.csv -j 1 --memory-limit 13MB",
        "t.csv -j 2 --memory-limit 16MB --slice-size 10KiB",
        "t.csv -j 7 --memory-limit 24MB --slice-size 1000",
        "t.csv -j 2 --memory-limit 16MB --io read --spill-dir .",
        "1.csv 2.csv -j 1 --memory-limit 13MB",
        "1.csv 2.csv -j 2 --memory-limit 20MB",
        "t.csv.zst -j 2 --memory-limit 24MB",
    ] {
        let line = ["aggregate"].into_iter().chain(flags.split_whitespace()).chain(asked);
        assert!(run(here, line).ends(0).stdout == expected, "{flags}");
        assert!(spilled(here)["runs"].as_u64().is_some_and(|runs| runs > 1), "{flags}: {}", spilled(here));
    }
    let line = ["aggregate", "-", "-f", "csv", "--memory-limit", "16MB"].iter().chain(&asked);
    assert!(feed(here, line, text.as_bytes()).ends(0).stdout == expected);
    assert!(spilled(here)["bytes"].as_u64() > Some(100_000));
    // Nothing else is left.
    assert_eq!(names(here), ["1.csv", "2.csv", "r.json", "t.csv", "t.csv.zst"]);
}

#[test]
fn totals_are_right() {
    // How often each group is there, the sum of its hundredths, and the largest; in the order of the first records.
    let (mut text, mut order, mut totals) = ("k,x\n".to_owned(), Vec::new(), BTreeMap::new());
    for n in 0..60_000 {
        let (group, x) = (n * 7919 % 20_000, n * 31 % 100_903);
        let _ = writeln!(text, "group {group},{}.{:02}", x / 100, x % 100);
        let (count, sum, largest) = totals.entry(group).or_insert_with(|| {
            order.push(group);
            (0, 0, 0)
        });
        (*count, *sum, *largest) = (*count + 1, *sum + x, x.max(*largest));
    }
    let line = |group: &i32| {
        let (count, sum, largest) = totals[group];
        let decimal = |x: i32| format!("{}.{:02}", x / 100, x % 100);
        format!("group {group},{count},{},{}\n", decimal(sum), decimal(largest))
    };
    let lines = |groups: &[i32]| groups.iter().map(line).collect::<String>();
    let mut sorted = order.clone();
    sorted.sort_by_key(|group| std::cmp::Reverse(totals[group].1));
    let here = with(&[("t.csv", &*text)]);
    let here = here.path();
    let agg = "n=count(),s=sum(x),hi=max(x)";
    let base = ["aggregate", "t.csv", "--by", "k", "--agg", agg, "--memory-limit", "12MB", "-q"];
    for (flags, wanted) in [
        ("--spill-dir .", lines(&order)),
        ("--limit 3", lines(&order[..3])),
        ("--limit 0", String::new()),
        ("--offset 5 --limit 9 --tail 2", lines(&order[12..14])),
        ("--tail 2", lines(&order[19_998..])),
        ("--offset 19999", lines(&order[19_999..])),
        ("--offset 20000", String::new()),
        ("--sort s:desc", lines(&sorted)),
        ("--sort s:desc --limit 4", lines(&sorted[..4])),
        ("--sort s:desc --offset 7000 --limit 2", lines(&sorted[7000..7002])),
    ] {
        let report = ["--report", "r.json", "--force"];
        let said = run(here, base.into_iter().chain(flags.split_whitespace()).chain(report)).ends(0).stdout;
        assert!(said == format!("k,n,s,hi\n{wanted}"), "{flags}: {}", said.get(..300).unwrap_or(&said));
        assert!(spilled(here)["runs"].as_u64() > Some(1), "{flags}");
        let report: Value = serde_json::from_str(&read(here, "r.json")).unwrap();
        assert_eq!(report["records_out"].as_u64(), Some(wanted.lines().count() as u64), "{flags}");
    }
    let said = run(here, base.iter().chain(&["--limit", "2", "-t", "json"])).ends(0).stdout;
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap().as_array().unwrap().len(), 2);
    let said = run(here, base.iter().chain(&["--limit", "0", "-t", "json"])).ends(0).stdout;
    assert_eq!(said, "[]\n");
}

/// One group may have more different values than fit into memory.
#[test]
fn one_group_may_be_larger_than_memory() {
    let mut text = "x,u\n".to_owned();
    (0..200_000).for_each(|n| {
        let n = n * 7919 % 100_003;
        let _ = writeln!(text, "{n},\"user {}\"", n.min(90_000));
    });
    let here = with(&[("t.csv", &*text)]);
    let here = here.path();
    let agg = "q=quantile(x,0.5),hi=quantile(x,1),d=distinct(u),mo=mode(u),t=top(u,2),n=distinct(x)";
    let base = ["aggregate", "t.csv", "--agg", agg, "--report", "r.json", "--force"];
    let said = run(here, base.iter().chain(&["--memory-limit", "16MB"])).ends(0).stdout;
    assert!(spilled(here)["runs"].as_u64() > Some(1));
    let plenty = run(here, base.iter().chain(&["--memory-limit", "1GB"])).ends(0).stdout;
    assert_eq!(said, plenty);
    // 200,000 is twice 100,003 less 6: every number twice but for six; those from 90,000 on are one user.
    assert!(said.contains(",90001,user 90000,\"[\"\"user 90000\"\","), "{said}");
    assert!(said.ends_with(",100003\n"), "{said}");
}

/// A file system that is full: there is nothing under the name, and the error says what to do.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_the_run() {
    let here = with(&[("t.csv", &*table(60_000))]);
    let here = here.path();
    fs::create_dir(here.join("spill")).unwrap();
    // Files may have a megabyte at most: writing more is refused, as on a full disk.
    for more in
        ["n=count(),q=median(x) --memory-limit 14MB", "d=distinct(y),t=top(y,2),q=median(x) -j 7 --memory-limit 20MB"]
    {
        let line = format!(
            "ulimit -f 1024; trap '' XFSZ; exec \"$0\" aggregate t.csv --by k --spill-dir spill -o b.csv --agg {}",
            more.replace('(', "\\(").replace(')', "\\)")
        );
        let mut shell = std::process::Command::new("sh");
        shell.current_dir(here).arg("-c").arg(line).arg(command(here).get_program());
        ran(shell.output().unwrap()).ends(3).says(&["in spill", "--spill-dir"]);
        assert_eq!((names(here), names(&here.join("spill"))), (vec!["spill".to_owned(), "t.csv".to_owned()], vec![]));
    }
}

/// Reading takes no time here: a signal comes while groups are written or merged.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_ends_the_run() {
    use std::os::unix::process::ExitStatusExt;
    let here = with(&[("t.csv", &*table(400_000))]);
    let here = here.path();
    for wait in [50, 200, 500] {
        let mut child = command(here)
            .args(["aggregate", "t.csv", "--by", "k", "--agg", ALL, "--memory-limit", "16MB", "-o", "b.csv", "--force"])
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait));
        assert!(child.try_wait().unwrap().is_none(), "the run takes less than {wait} ms");
        let sent = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let begun = std::time::Instant::now();
        let status = child.wait().unwrap();
        assert!(status.code() == Some(143) || status.signal() == Some(15), "{wait}: {status}");
        assert!(begun.elapsed().as_secs() < 5, "{wait}: {:?}", begun.elapsed());
        assert_eq!(names(here), ["t.csv"], "{wait}");
    }
}

#[test]
fn the_folder_is_said_and_checked() {
    let here = with(&[("t.csv", "k\na\n")]);
    let here = here.path();
    say(here, "aggregate t.csv --by k --spill-dir nowhere").ends(2).says(&["--spill-dir: nowhere is not a folder"]);
    say(here, "aggregate t.csv t.csv --by k --spill-dir nowhere")
        .ends(2)
        .says(&["--spill-dir: nowhere is not a folder"]);
    let plan = say(here, "aggregate t.csv --by k --spill-dir / -o b.csv --explain").ends(0).stdout;
    assert!(
        plan.contains("groups           what does not fit into memory goes to files without a name in /\n"),
        "{plan}"
    );
    say(here, "convert t.csv --spill-dir . -t ndjson").ends(2).says(&["--spill-dir"]);
}
