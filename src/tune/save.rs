//! Keeping what was found: as a profile in a configuration file. Everything else in the file stays as it is.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, Value};

use super::search::Choice;
use crate::error::Error;

/// The profiles of a configuration file, which need not exist.
#[derive(Debug)]
pub struct Profiles {
    path: PathBuf,
    document: DocumentMut,
}

impl Profiles {
    /// Reads a file.
    ///
    /// # Errors
    /// It can't be read. Usage: it is no TOML.
    pub fn read(path: &Path) -> Result<Profiles, Error> {
        // What a link leads to is replaced, not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Error::io("read", &path, error)),
        };
        let document = text.parse().map_err(|error| Error::usage(format!("{}: {error}", path.display())))?;
        Ok(Profiles { path, document })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is a profile of this name.
    pub fn has(&self, name: &str) -> bool {
        self.document.get("profile").and_then(Item::as_table_like).is_some_and(|profiles| profiles.contains_key(name))
    }

    /// Adds a profile, or replaces the one of this name. `why` becomes a comment before it. The file is written whole, or
    /// not at all.
    ///
    /// # Errors
    /// It can't be written. Usage: what is called `profile` there is no table.
    pub fn save(mut self, name: &str, choice: &Choice, why: &str) -> Result<(), Error> {
        let mut profile = Table::new();
        for (key, value) in choice.values() {
            let value = value.parse::<i64>().map_or_else(|_| Value::from(value), Value::from);
            profile.insert(key, Item::Value(value));
        }
        let is_first = self.document.iter().next().is_none();
        let place = self.document.entry("profile").or_insert_with(|| {
            let mut profiles = Table::new();
            // Only its own tables have headers.
            profiles.set_implicit(true);
            Item::Table(profiles)
        });
        let profiles = place.as_table_like_mut();
        let profiles =
            profiles.ok_or_else(|| Error::usage(format!("{}: `profile` is no table", self.path.display())))?;
        if let Some(Item::Table(before)) = profiles.get(name) {
            profile.set_position(before.position());
        }
        let blank = if is_first { "" } else { "\n" };
        profile.decor_mut().set_prefix(format!("{blank}# {}\n", why.replace('\n', " ")));
        profiles.insert(name, Item::Table(profile));
        self.write()
    }

    fn write(&self) -> Result<(), Error> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let write = || -> io::Result<()> {
            fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(self.document.to_string().as_bytes())?;
            // The file keeps its mode; a new one has the usual one of a file with nothing secret in it.
            match fs::metadata(&self.path) {
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
            file.persist(&self.path)?;
            Ok(())
        };
        write().map_err(|e| Error::io("write", &self.path, e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice() -> Choice {
        Choice::default().with("workers", "4").with("slice-size", "1MiB")
    }

    #[test]
    fn a_file_is_begun_or_goes_on() {
        let here = tempfile::tempdir().unwrap();
        let path = here.path().join("pagemill/config.toml");
        let profiles = Profiles::read(&path).unwrap();
        assert!(!profiles.has("big"));
        profiles.save("big", &choice(), "found").unwrap();
        let first = "# found\n[profile.big]\nworkers = 4\nslice-size = \"1MiB\"\n";
        assert_eq!(fs::read_to_string(&path).unwrap(), first);
        let own =
            "# mine\nworkers = 8 # all\n\n[profile.eu]\ndelimiter=';'   # as there\n\n[[alert]]\nmetric = \"x\"\n";
        fs::write(&path, own).unwrap();
        Profiles::read(&path).unwrap().save("a b", &choice(), "found").unwrap();
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
        let profiles = Profiles::read(&path).unwrap();
        assert!(profiles.has("big") && profiles.has("eu") && !profiles.has("nightly"));
        profiles.save("big", &choice(), "found").unwrap();
        let new = "\n# found\n[profile.big]\nworkers = 4\nslice-size = \"1MiB\"\n";
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{before}{new}{after}"));
    }

    #[test]
    fn what_is_no_configuration_stays() {
        let here = tempfile::tempdir().unwrap();
        let path = here.path().join("config.toml");
        fs::write(&path, "profile = 3\n").unwrap();
        assert!(Profiles::read(&path).unwrap().save("big", &choice(), "found").is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "profile = 3\n");
        fs::write(&path, "profile = \n").unwrap();
        assert!(Profiles::read(&path).is_err());
    }
}
