//! `pagemill alerts`.

use std::path::Path;

use pagemill::alerts::Watch;
use pagemill::config::file::load;
use pagemill::error::Error;
use pagemill::history::{History, RECORDED, samples, usual_place};

use super::console;
use super::exit::Exit;
use super::parser::Typed;

/// Replays a recorded run: which rules of a file it would have raised, and when.
pub fn run(Typed { said, operands }: Typed) -> Result<Exit, Error> {
    let rules = match &operands[..] {
        [action, rules] if action.eq_ignore_ascii_case("test") => Path::new(rules),
        _ => {
            return Err(Error::usage(
                "which rules?\n  pagemill alerts test RULES --run ID; pagemill history lists runs.",
            ));
        }
    };
    let Some(id) = said.text("run")?.and_then(|id| id.parse::<i64>().ok()) else {
        return Err(Error::usage("which run?\n  Give --run ID; pagemill history lists runs."));
    };
    let loaded = load(Some(rules))?.sound()?;
    // The file that was named comes last; others may have rules too.
    let alerts = loaded.files.last().map(|file| &file.alerts[..]).unwrap_or_default();
    if alerts.is_empty() {
        return Err(Error::usage(format!("{} has no rules: they are tables [[alert]]", rules.display())));
    }
    let history = usual_place().map_or(Ok(None), |place| History::open(&place))?;
    let run = history.map_or(Ok(None), |history| history.run(id))?.ok_or_else(|| {
        Error::usage(format!("there is no run {id} in the history\n  pagemill history lists those that are."))
    })?;
    let mut watch = Watch::new(alerts.iter().map(|alert| alert.rule.clone()));
    let mut raised = vec![false; alerts.len()];
    let mut text = format!("run {id}, {}: {:.1} s\n", run.job, run.seconds);
    for change in samples(&run).iter().flat_map(|sample| watch.look(sample)) {
        raised[change.index] |= change.raised;
        let seconds = change.at.as_secs();
        let what = match change.raised {
            true => format!("raised    {}", change.rule.sentence(change.value)),
            false => format!("resolved  {}", change.rule.name),
        };
        text += &format!("{:>3}:{:02}  {what}\n", seconds / 60, seconds % 60);
    }
    for (alert, raised) in alerts.iter().zip(raised) {
        let name = alert.rule.metric.name;
        if !RECORDED.contains(&name) {
            text += &format!("unknown  {}: {name} is not recorded\n", alert.rule.name);
        } else if !raised {
            text += &format!("never    {}\n", alert.rule.name);
        }
    }
    console::print(&text)?;
    Ok(Exit::Done)
}
