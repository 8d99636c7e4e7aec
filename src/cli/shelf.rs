//! The playbooks that are offered: those of the folder, or the ones that come with the program.

use std::path::{Path, PathBuf};

use super::{Failure, check::yaml_in};
use crate::{config::Config, desk, incident::play::Playbook, playbook};

/// The playbooks that are offered, and what is wrong with others.
#[derive(Debug, Clone, Default)]
pub(super) struct Shelf {
    /// Each with its file; those of the program have none.
    books: Vec<(PathBuf, Playbook)>,
    /// Files that cannot be read as a playbook, and why: a sentence each.
    pub faults: Vec<String>,
}

impl Shelf {
    /// Those of the folder. A file with a mistake is left out: a checklist must not keep the command post from starting.
    pub fn read(config: &Config) -> Shelf {
        Shelf::default().read_anew(config)
    }

    /// Those of the folder as they are now. Of a file with a mistake, the playbook that it held before stays.
    pub fn read_anew(&self, config: &Config) -> Shelf {
        let known = super::house::known(config);
        let reads = |words: &str| desk::drill::fits(words, &known);
        let Some(folder) = &config.command.playbooks else {
            let books = playbook::shipped(&reads).into_iter().map(|book| (PathBuf::new(), book));
            return Shelf { books: books.collect(), faults: vec![] };
        };
        let files = match yaml_in(folder) {
            Ok(files) => files,
            Err(Failure(why)) => {
                let faults = vec![format!("The playbooks cannot be read: {why}.")];
                return Shelf { books: self.books.clone(), faults };
            }
        };
        let mut shelf = Shelf::default();
        for file in files {
            let name = file.display().to_string();
            let read = std::fs::read_to_string(&file).map_err(|error| format!("{name}: {error}.")).and_then(
                |text| {
                    playbook::read(&name, &text, &reads, &known.roles).map_err(|problems| {
                        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
                    })
                },
            );
            if let Err(why) = read.and_then(|book| shelf.put(&file, book)) {
                let before = self.books.iter().find(|(of, _)| *of == file).map(|(_, book)| book.clone());
                let is_kept = before.is_some_and(|book| shelf.put(&file, book).is_ok());
                let instead = if is_kept { "The one from before stays in force." } else { "It is left out." };
                shelf.faults.push(format!("{why} {instead}"));
            }
        }
        shelf
    }

    fn put(&mut self, file: &Path, book: Playbook) -> Result<(), String> {
        if let Some((other, _)) = self.books.iter().find(|(_, other)| other.id.eq_ignore_ascii_case(&book.id))
        {
            return Err(format!("{}: {} has the id «{}» already.", file.display(), other.display(), book.id));
        }
        self.books.push((file.to_owned(), book));
        Ok(())
    }

    pub fn playbooks(&self) -> Vec<Playbook> {
        self.books.iter().map(|(_, book)| book.clone()).collect()
    }

    /// Tells the log what is wrong.
    pub fn tell(&self) {
        for why in &self.faults {
            tracing::error!(why, "a playbook is not taken; `commandpost check` tells its mistakes");
        }
    }

    /// What is offered now and was not before, or otherwise: `site-down changed`.
    pub fn since(&self, before: &Shelf) -> Vec<String> {
        let of = |shelf: &'_ Shelf, id: &str| shelf.playbooks().into_iter().find(|book| book.id == id);
        let now = self.books.iter().filter_map(|(_, book)| match of(before, &book.id) {
            None => Some(format!("{} added", book.id)),
            Some(was) if was != *book => Some(format!("{} changed", book.id)),
            Some(_) => None,
        });
        let gone = before.books.iter().filter(|(_, book)| of(self, &book.id).is_none());
        now.chain(gone.map(|(_, book)| format!("{} removed", book.id))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOWN: &str = "schema: playbook/1\nid: down\ntitle: The site is down\nsteps:\n  - { id: P1, role: ic, text: Look }\n";

    #[test]
    fn a_changed_file_is_offered_and_of_one_with_a_mistake_what_it_held_before() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let mut config = Config::default();
        config.command.playbooks = Some(folder.path().to_owned());
        write("a.yaml", DOWN);
        write("b.yaml", &DOWN.replace("id: down", "id: slow"));
        let first = Shelf::read(&config);
        assert_eq!((first.playbooks().len(), first.faults.len()), (2, 0));

        write("a.yaml", &DOWN.replace("Look", "Look again"));
        write("b.yaml", &DOWN.replace("role: ic", "role: icc"));
        write("c.yaml", &DOWN.replace("id: down", "id: fire"));
        write("d.yaml", "no playbook");
        let second = first.read_anew(&config);
        assert_eq!(second.since(&first), ["down changed", "fire added"]);
        let told = second.faults.join("\n").replace(&format!("{}/", folder.path().display()), "");
        assert!(told.contains("b.yaml:5:21: «icc» is no role."), "{told}");
        assert!(told.contains("The one from before stays in force.\nd.yaml"), "{told}");
        assert!(told.ends_with("It is left out."), "{told}");

        // Of two with one id the first holds; a file that is gone is offered no more.
        write("b.yaml", DOWN);
        std::fs::remove_file(folder.path().join("c.yaml")).unwrap();
        let third = second.read_anew(&config);
        assert_eq!(third.since(&second), ["fire removed"]);
        assert!(
            third.faults[0].contains("a.yaml has the id «down» already. The one from before"),
            "{:?}",
            third.faults
        );
        // A folder that cannot be read takes nothing away.
        config.command.playbooks = Some(folder.path().join("nowhere"));
        assert_eq!(third.read_anew(&config).playbooks(), third.playbooks());
    }
}
