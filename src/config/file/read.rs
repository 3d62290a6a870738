//! From the text of a configuration file to what it says.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::alert::Rules;
use super::extensions::add;
use super::fault::Fault;
use super::find::Found;
use super::keys::{COMMAND, EXTENSIONS, OTLP, SAMPLES, STEPS, Scope, TOKEN_FILE, not_found, writes};
use super::section::{Entry, File, Section, is_name};
use super::step::{flags, step};
use super::text::line;
use super::value::values;
use crate::config::flags::{Commands, Meant, Place, Said, SetBy, settings};
use crate::format::Extensions;
use crate::op::nearest;

/// A file that is being read.
struct Reading<'r> {
    path: &'r Path,
    text: &'r str,
    /// Paths are relative to this.
    base: &'r Path,
    /// The user wrote or named it.
    own: bool,
    faults: Vec<Fault>,
}

/// A key of a table with its value, in the order of the file.
struct Line<'l, 't> {
    key: &'l str,
    line: usize,
    value: &'l DeValue<'t>,
    /// Where the value begins, as an offset.
    at: usize,
}

/// Reads the text of a file; what is wrong with it is added to `faults`.
pub fn read(found: &Found, text: &str, faults: &mut Vec<Fault>) -> File {
    let (document, errors) = DeTable::parse_recoverable(text);
    let base = found.path.parent().unwrap_or(Path::new(""));
    let mut reading = Reading { path: &found.path, text, base, own: found.own, faults: Vec::new() };
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        reading.fault(line(text.as_bytes(), at), error.message());
    }
    let mut file = File {
        path: found.path.clone(),
        top: Vec::new(),
        profiles: Vec::new(),
        jobs: Vec::new(),
        alerts: Vec::new(),
        dashboard_token_file: None,
        dashboard_samples: None,
    };
    // What follows a mistake in the grammar may be read wrongly.
    if errors.is_empty() {
        let lines = reading.lines(document.get_ref());
        for one in &lines {
            match (one.key, one.value) {
                ("profile", DeValue::Table(table)) => file.profiles.extend(reading.sections(table, Scope::Profile)),
                ("job", DeValue::Table(table)) => {
                    file.jobs.extend(reading.sections(table, Scope::Job(Commands::CONVERT)));
                }
                ("profile", _) => reading.fault(one.line, "`profile` is a table for each profile: [profile.NAME]\n  On the command line it is --profile NAME."),
                ("job", _) => reading.fault(one.line, "`job` is a table for each job: [job.NAME]"),
                ("alert", DeValue::Array(items)) => {
                    let rules = Rules { path: &found.path, text, own: found.own };
                    for item in items.iter() {
                        match item.get_ref() {
                            DeValue::Table(table) => {
                                file.alerts.extend(rules.read(table, item.span().start, &mut reading.faults));
                            }
                            _ => reading.fault(one.line, "`alert` is a list of tables: [[alert]]"),
                        }
                    }
                }
                ("alert", _) => reading.fault(one.line, "`alert` is a list of tables: [[alert]]"),
                (SAMPLES, _) if !found.own => reading.fault(one.line, not_found(SAMPLES)),
                (SAMPLES, DeValue::Boolean(may)) => file.dashboard_samples = Some(*may),
                (SAMPLES, _) => reading.fault(one.line, format!("`{SAMPLES}` is true or false")),
                // Whoever names the secret knows it.
                (TOKEN_FILE, _) if !found.own => reading.fault(one.line, not_found(TOKEN_FILE)),
                (TOKEN_FILE, DeValue::String(name)) if !name.is_empty() => {
                    file.dashboard_token_file = Some(base.join(&**name));
                }
                (TOKEN_FILE, _) => reading.fault(one.line, format!("`{TOKEN_FILE}` is the path of a file")),
                _ => {
                    let by = SetBy::File(Place::new(&found.path, one.line));
                    file.top.extend(reading.entry(one, Scope::Top, by));
                }
            }
        }
        reading.check(&file.top, Scope::Top, lines.first().map_or(1, |one| one.line));
    }
    faults.append(&mut reading.faults);
    file
}

impl Reading<'_> {
    fn fault(&mut self, line: usize, what: impl Into<String>) {
        self.faults.push(Fault::at(self.path, line, what));
    }

    fn line_of(&self, offset: usize) -> usize {
        line(self.text.as_bytes(), offset)
    }

    /// The keys of a table in the order of the file.
    fn lines<'l, 't>(&self, table: &'l DeTable<'t>) -> Vec<Line<'l, 't>> {
        let mut keys: Vec<_> = table.iter().collect();
        keys.sort_by_key(|(key, _)| key.span().start);
        let line = |offset| self.line_of(offset);
        keys.into_iter()
            .map(|(key, value)| Line {
                key: key.get_ref(),
                line: line(key.span().start),
                value: value.get_ref(),
                at: value.span().start,
            })
            .collect()
    }

    /// The profiles or jobs of a table.
    fn sections(&mut self, table: &DeTable<'_>, scope: Scope) -> Vec<Section> {
        let lines = self.lines(table);
        lines.iter().filter_map(|one| self.section(one, scope)).collect()
    }

    fn section(&mut self, head: &Line<'_, '_>, scope: Scope) -> Option<Section> {
        let what = if scope.is_job() { "job" } else { "profile" };
        let DeValue::Table(table) = head.value else {
            self.fault(
                head.line,
                format!("`{}` is not a table\n  Write [{what}.NAME], and its keys below it.", head.key),
            );
            return None;
        };
        if !is_name(head.key) {
            self.fault(head.line, format!("`{}` can't be the name of a {what}", head.key));
            return None;
        }
        let place = Place::new(self.path, head.line);
        let lines = self.lines(table);
        let scope = match lines.iter().find(|one| scope.is_job() && one.key == COMMAND) {
            Some(one) => Scope::Job(self.command(one)?),
            None => scope,
        };
        let mut section = Section {
            name: head.key.to_owned(),
            place,
            command: scope.command(),
            profile: None,
            extensions: None,
            entries: Vec::new(),
        };
        for one in &lines {
            let place = Place::new(self.path, one.line);
            match (scope, one.key, one.value) {
                (Scope::Job(_), COMMAND, _) => {}
                (Scope::Job(_), "profile", DeValue::String(name)) => section.profile = Some((name.to_string(), place)),
                (Scope::Job(_), "profile", _) => self.fault(one.line, "`profile` is the name of a profile, in quotes"),
                (_, key, value) => {
                    let name = head.key.to_owned();
                    let by = if scope.is_job() { SetBy::Job(name, place) } else { SetBy::Profile(name, place) };
                    if key == EXTENSIONS {
                        section.extensions =
                            self.extensions(one.line, value).map(|extensions| Meant { extensions, by });
                    } else {
                        section.entries.extend(self.entries(one, scope, by));
                    }
                }
            }
        }
        self.check(&section.entries, scope, head.line);
        Some(section)
    }

    /// The command that a job names. What else is in the job can't be judged without one.
    fn command(&mut self, one: &Line<'_, '_>) -> Option<Commands> {
        let names: Vec<&str> = Commands::OF_JOBS.iter().map(|command| command.name()).collect();
        let DeValue::String(name) = one.value else {
            self.fault(one.line, format!("`{COMMAND}` is a text: put it in quotes"));
            return None;
        };
        let command = Commands::of_job(name);
        if command.is_none() {
            let like = nearest(&names, name).map(|like| format!("; did you mean `{like}`?")).unwrap_or_default();
            let known = names.join(", ");
            self.fault(one.line, format!("`{COMMAND}` can't be `{name}`{like}\n  It is one of {known}."));
        }
        command
    }

    /// What extensions mean.
    fn extensions(&mut self, first: usize, value: &DeValue<'_>) -> Option<Extensions> {
        let mut all = Extensions::default();
        let DeValue::Table(table) = value else {
            self.fault(first, "`extensions` is a table, such as extensions = { bak = \"csv\" }");
            return None;
        };
        for one in &self.lines(table) {
            if let Err(what) = add(&mut all, one.key, one.value) {
                self.fault(one.line, what);
            }
        }
        Some(all)
    }

    /// What a key sets; `steps` sets several flags.
    fn entries(&mut self, one: &Line<'_, '_>, scope: Scope, by: SetBy) -> Vec<Entry> {
        if one.key == STEPS && scope.others().contains(&STEPS) {
            return self.steps(one, by);
        }
        self.entry(one, scope, by).into_iter().collect()
    }

    /// What a key of one flag sets.
    fn entry(&mut self, one: &Line<'_, '_>, scope: Scope, by: SetBy) -> Option<Entry> {
        let flag = scope.flags().find(|flag| flag.name == one.key);
        let Some(flag) = flag else {
            self.fault(one.line, scope.refusal(one.key));
            return None;
        };
        // A job is run by its name; whoever names it means what it says.
        if !scope.is_job() && !self.own && writes(flag) {
            self.fault(one.line, not_found(flag.name));
            return None;
        }
        // Headers with secrets go there.
        if !self.own && flag.name == OTLP {
            self.fault(one.line, not_found(OTLP));
            return None;
        }
        match values(flag, one.value, self.base) {
            Ok(values) => Some(Entry { flag, values, by }),
            Err(what) => {
                let line = self.line_of(one.at);
                self.fault(line, what);
                None
            }
        }
    }

    /// What `steps` sets: an entry for each run of steps of the same flag, in their order.
    fn steps(&mut self, one: &Line<'_, '_>, by: SetBy) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        let DeValue::Array(items) = one.value else {
            self.fault(one.line, "`steps` is a list of tables with one key each, such as steps = [{ op = \"trim\" }]");
            return entries;
        };
        if items.is_empty() {
            return flags().map(|flag| Entry { flag, values: None, by: by.clone() }).collect();
        }
        for item in items.iter() {
            let line = self.line_of(item.span().start);
            let (flag, text) = match step(item.get_ref()) {
                Ok(step) => step,
                Err(what) => {
                    self.fault(line, what);
                    continue;
                }
            };
            if let Err(error) = flag.try_set(STEPS, &[text.to_string_lossy().into_owned()]) {
                self.fault(line, error.marked());
                continue;
            }
            match entries.last_mut().filter(|last| last.flag.name == flag.name) {
                Some(Entry { values: Some(values), .. }) => values.push(text),
                _ => entries.push(Entry { flag, values: Some(vec![text]), by: by.clone() }),
            }
        }
        entries
    }

    /// Refuses what contradicts itself within one part of a file.
    fn check(&mut self, entries: &[Entry], scope: Scope, head: usize) {
        let on = || entries.iter().filter(|entry| entry.values.is_some());
        for (index, one) in on().enumerate() {
            let same = |other: &&Entry| other.flag.name == one.flag.name && (!one.flag.step || other.by != one.by);
            if let Some(other) = on().take(index).find(same) {
                self.fault(head, format!("`{STEPS}` and `{}` can't be given together", other.flag.name));
            } else if let Some(other) = on().take(index).find(|other| other.flag.excludes(one.flag)) {
                self.fault(head, format!("`{}` and `{}` can't be given together", other.flag.name, one.flag.name));
            }
        }
        let mut said = Said::new(scope.command());
        for entry in on() {
            said.add(entry.flag.name, entry.values.clone().unwrap_or_default());
        }
        if let Err(error) = settings(&said) {
            self.fault(head, error.marked());
        }
    }
}
