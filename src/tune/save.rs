//! Keeping what was found: as a profile in a configuration file. Everything else in the file stays as it is.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, Value};

use super::search::Choice;
use crate::error::Error;

/// The profiles of a configuration file, which need not exist. It is read anew each time: somebody may edit it meanwhile.
#[derive(Debug)]
pub struct Profiles(PathBuf);

/// A profile that is to be saved.
#[derive(Clone, Copy, Debug)]
pub struct New<'n> {
    /// Its name.
    pub name: &'n str,
    /// The profile of the same file whose other keys it takes over.
    pub like: Option<&'n str>,
    /// What was found.
    pub choice: &'n Choice,
    /// Becomes a comment before it.
    pub why: &'n str,
    /// One of this name is replaced.
    pub force: bool,
}

/// What came of saving a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is in the file.
    Done,
    /// There is one of this name, which stays.
    Exists,
}

impl Profiles {
    /// Those of a file. What a link leads to is replaced, not the link.
    pub fn of(path: &Path) -> Profiles {
        Profiles(fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Whether there is a profile of this name.
    ///
    /// # Errors
    /// The file can't be read. Usage: it is no TOML.
    pub fn has(&self, name: &str) -> Result<bool, Error> {
        Ok(profile(&self.read()?, name).is_some())
    }

    /// Adds a profile, or replaces the one of this name. The file is written whole, or not at all.
    ///
    /// # Errors
    /// It can't be read or written. Usage: it is no TOML, or what is called `profile` there is no table.
    pub fn save(&self, new: &New<'_>) -> Result<Saved, Error> {
        let mut document = self.read()?;
        if !new.force && profile(&document, new.name).is_some() {
            return Ok(Saved::Exists);
        }
        let mut table = Table::new();
        if let Some(like) = new.like.and_then(|like| profile(&document, like)).and_then(Item::as_table_like) {
            for (key, item) in like.iter() {
                let mut item = item.clone();
                // It is written where the new one is.
                item.as_table_mut().into_iter().for_each(|table| table.set_position(None));
                table.insert(key, item);
            }
        }
        for (key, value) in new.choice.values() {
            let value = value.parse::<i64>().map_or_else(|_| Value::from(value), Value::from);
            table.insert(key, Item::Value(value));
        }
        let is_first = document.iter().next().is_none();
        let place = document.entry("profile").or_insert_with(|| {
            let mut profiles = Table::new();
            // Only its own tables have headers.
            profiles.set_implicit(true);
            Item::Table(profiles)
        });
        let profiles = place.as_table_like_mut();
        let profiles =
            profiles.ok_or_else(|| Error::usage(format!("{}: `profile` is not a table", self.0.display())))?;
        if let Some(Item::Table(before)) = profiles.get(new.name) {
            table.set_position(before.position());
        }
        let blank = if is_first { "" } else { "\n" };
        table.decor_mut().set_prefix(format!("{blank}# {}\n", new.why.replace('\n', " ")));
        profiles.insert(new.name, Item::Table(table));
        self.write(&document)?;
        Ok(Saved::Done)
    }

    fn read(&self) -> Result<DocumentMut, Error> {
        let text = match fs::read_to_string(&self.0) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Error::io("read", &self.0, error)),
        };
        text.parse().map_err(|error| Error::usage(format!("{}: {error}", self.0.display())))
    }

    fn write(&self, document: &DocumentMut) -> Result<(), Error> {
        let folder = self.0.parent().unwrap_or(Path::new("."));
        let write = || -> io::Result<()> {
            fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(document.to_string().as_bytes())?;
            // The file keeps its mode; a new one has the usual one of a file with nothing secret in it.
            match fs::metadata(&self.0) {
                Ok(found) => file.as_file().set_permissions(found.permissions())?,
                #[cfg(unix)]
                Err(_) => {
                    use std::os::unix::fs::PermissionsExt;
                    file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
                }
                #[cfg(not(unix))]
                Err(_) => {}
            }
            file.as_file().sync_all()?;
            file.persist(&self.0)?;
            Ok(())
        };
        write().map_err(|e| Error::io("write", &self.0, e))
    }
}

/// The profile of this name.
fn profile<'d>(document: &'d DocumentMut, name: &str) -> Option<&'d Item> {
    document.get("profile").and_then(Item::as_table_like)?.get(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn save(path: &Path, name: &str, like: Option<&str>, force: bool) -> Result<Saved, Error> {
        Profiles::of(path).save(&New { name, like, choice: &choice(), why: "found", force })
    }

    fn choice() -> Choice {
        Choice::default().with("workers", "4").with("slice-size", "1MiB")
    }

    #[test]
    fn a_file_is_begun_or_goes_on() {
        let here = tempfile::tempdir().unwrap();
        let path = here.path().join("pagemill/config.toml");
        assert!(!Profiles::of(&path).has("big").unwrap());
        assert_eq!(save(&path, "big", None, false).unwrap(), Saved::Done);
        let first = "# found\n[profile.big]\nworkers = 4\nslice-size = \"1MiB\"\n";
        assert_eq!(fs::read_to_string(&path).unwrap(), first);
        let own =
            "# mine\nworkers = 8 # all\n\n[profile.eu]\ndelimiter=';'   # as there\n\n[[alert]]\nmetric = \"x\"\n";
        fs::write(&path, own).unwrap();
        save(&path, "a b", None, false).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let added = "\n# found\n[profile.\"a b\"]\nworkers = 4\nslice-size = \"1MiB\"\n";
        assert!(text.contains(added) && text.replace(added, "") == own, "{text}");
    }

    #[test]
    fn a_profile_is_replaced_and_nothing_else() {
        let here = tempfile::tempdir().unwrap();
        let path = here.path().join("config.toml");
        let [before, after] = ["# mine\n[profile.eu]\ndelimiter = ';'\n", "\n[job.nightly]\ninput = ['a']\n"];
        fs::write(&path, format!("{before}\n[profile.big]\nio = 'read'\n{after}")).unwrap();
        let has = |name: &str| Profiles::of(&path).has(name).unwrap();
        assert!(has("big") && has("eu") && !has("nightly"));
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(save(&path, "big", None, false).unwrap(), Saved::Exists);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(save(&path, "big", None, true).unwrap(), Saved::Done);
        let new = "\n# found\n[profile.big]\nworkers = 4\nslice-size = \"1MiB\"\n";
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{before}{new}{after}"));
    }

    #[test]
    fn what_is_no_configuration_stays() {
        let here = tempfile::tempdir().unwrap();
        let path = here.path().join("config.toml");
        fs::write(&path, "profile = 3\n").unwrap();
        assert!(save(&path, "big", None, false).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "profile = 3\n");
        fs::write(&path, "profile = \n").unwrap();
        assert!(Profiles::of(&path).has("big").is_err());
    }

    #[test]
    fn what_was_written_meanwhile_stays() {
        let here = tempfile::tempdir().unwrap();
        let path = here.path().join("config.toml");
        fs::write(&path, "workers = 1\n").unwrap();
        let profiles = Profiles::of(&path);
        assert!(!profiles.has("big").unwrap());
        fs::write(&path, "workers = 2\n").unwrap();
        profiles.save(&New { name: "big", like: None, choice: &choice(), why: "found", force: false }).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, "workers = 2\n\n# found\n[profile.big]\nworkers = 4\nslice-size = \"1MiB\"\n");
    }

    #[test]
    fn a_profile_goes_on_from_another() {
        let here = tempfile::tempdir().unwrap();
        let path = here.path().join("config.toml");
        let eu = "[profile.eu]\ndelimiter = ';' # as there\nworkers = 2\nextensions = { bak = \"csv\" }\n";
        fs::write(&path, eu).unwrap();
        save(&path, "big", Some("eu"), false).unwrap();
        let new = "\n# found\n[profile.big]\ndelimiter = ';' # as there\nworkers = 4\nextensions = { bak = \"csv\" }\nslice-size = \"1MiB\"\n";
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{eu}{new}"));
        // It may take the place of the one that it goes on from.
        save(&path, "eu", Some("eu"), true).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("[profile.eu]\ndelimiter = ';' # as there\nworkers = 4\n"), "{text}");
    }
}
