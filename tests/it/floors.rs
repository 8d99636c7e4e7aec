//! The rooms stand on floors, and a room imports only from below: read from the source, so that it stays so.
//!
//! What is compiled only for tests may look wherever it likes; everything else is held against the table in ARCHITECTURE.md.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use syn::{
    Attribute, Item, Macro, UseTree,
    visit::{self, Visit},
};

/// The house from the ground up, as ARCHITECTURE.md draws it: a floor and a room, which may have several doors. A room imports
/// only from those before it.
static FLOORS: LazyLock<Vec<(u8, Vec<String>)>> = LazyLock::new(|| {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    drawn(&fs::read_to_string(page).unwrap())
});

/// The table of floors: a row is of rooms (`a`, `b`), or of the doors of one room (`a` + `b`).
fn drawn(page: &str) -> Vec<(u8, Vec<String>)> {
    let rows = page.lines().skip_while(|line| !line.starts_with("| floor |")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.flat_map(|row| {
        let mut cells = row.split('|').skip(1).map(str::trim);
        let floor: u8 = cells.next().unwrap().parse().unwrap_or_else(|_| panic!("{row}"));
        let name = |one: &str| one.trim().trim_matches('`').to_owned();
        let rooms = cells.next().unwrap().split(',');
        rooms.map(|room| (floor, room.split('+').map(name).collect())).collect::<Vec<_>>()
    })
    .collect()
}

/// The doors: on one floor, and none knows another.
const DOORS: u8 = 4;

/// Outside crates, and the only rooms that may name them.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("serenity", &["chat"]),
    ("sqlx", &["journal", "cli"]),
    ("axum", &["http", "model", "cli"]),
    ("reqwest", &["outbox", "chat", "publish", "pager", "model", "cli"]),
    ("rand", &["desk"]),
    ("webpki", &["http"]),
    ("mail_parser", &["mail"]),
    ("handlebars", &["post"]),
    ("ratatui", &["cli"]),
    ("tokio", &["journal", "outbox", "desk", "http", "mail", "chat", "publish", "pager", "model", "cli"]),
    ("lettre", &["pager"]),
    ("rrule", &["roster"]),
    ("resvg", &["chat"]),
];

fn place(room: &str) -> Option<usize> {
    FLOORS.iter().position(|(_, names)| names.iter().any(|name| name == room))
}

/// Why this import is against the rules, if it is.
fn wrong(from: &str, to: &str) -> Option<String> {
    if let Some((_, rooms)) = OUTSIDE.iter().find(|(outside, _)| *outside == to) {
        return (!rooms.contains(&from)).then(|| format!("only {} may name {to}", rooms.join(", ")));
    }
    let (here, there) = (place(from)?, place(to)?);
    if here == there {
        return None;
    }
    let (floor, other) = (FLOORS[here].0, FLOORS[there].0);
    if there > here {
        Some(format!("{to} (floor {other}) stands above {from} (floor {floor})"))
    } else if floor == DOORS && other == DOORS {
        Some(format!("{from} and {to} are doors, and no door knows another"))
    } else {
        None
    }
}

/// What one module's shipped code names: rooms by `crate::` and `super::`, and outside crates.
struct Names<'a> {
    /// The module's path below the crate: `desk`, `drill`.
    module: Vec<String>,
    dir: &'a Path,
    found: BTreeSet<String>,
    files: Vec<(Vec<String>, PathBuf)>,
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Path>().is_ok_and(|p| p.is_ident("test"))
    })
}

impl Names<'_> {
    fn path(&mut self, segments: &[String]) {
        let supers = segments.iter().take_while(|segment| *segment == "super").count();
        let room = match segments.first().map(String::as_str) {
            Some("crate") => segments.get(1).cloned(),
            Some("super") if supers < self.module.len() => None,
            Some("super") => segments.get(supers).cloned(),
            Some(first) if OUTSIDE.iter().any(|(outside, _)| *outside == first) => Some(first.to_owned()),
            _ => None,
        };
        self.found.extend(room);
    }

    fn tree(&mut self, before: &mut Vec<String>, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.tree(before, &path.tree);
                before.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(before, tree)),
            UseTree::Name(name) => self.leaf(before, name.ident.to_string()),
            UseTree::Rename(rename) => self.leaf(before, rename.ident.to_string()),
            UseTree::Glob(_) => self.path(&before.clone()),
        }
    }

    fn leaf(&mut self, before: &[String], name: String) {
        let mut segments = before.to_vec();
        segments.push(name);
        self.path(&segments);
    }
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Fn(i) => &i.attrs,
            Item::Impl(i) => &i.attrs,
            Item::Mod(i) => &i.attrs,
            Item::Struct(i) => &i.attrs,
            Item::Enum(i) => &i.attrs,
            Item::Const(i) => &i.attrs,
            Item::Static(i) => &i.attrs,
            Item::Use(i) => &i.attrs,
            Item::Type(i) => &i.attrs,
            Item::Trait(i) => &i.attrs,
            Item::Macro(i) => &i.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !is_for_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        self.module.push(module.ident.to_string());
        if module.content.is_some() {
            visit::visit_item_mod(self, module);
        } else {
            // The folder of a module's children: that of `mod.rs`, or one named like the file.
            let name = module.ident.to_string();
            let beside = self.dir.join(format!("{name}.rs"));
            let file = if beside.is_file() { beside } else { self.dir.join(&name).join("mod.rs") };
            self.files.push((self.module.clone(), file));
        }
        self.module.pop();
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_for_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&mut Vec::new(), &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.path(&segments);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        // What a macro is given is no syntax tree: its paths are read as words.
        let text = call.tokens.to_string().replace(" :: ", "::").replace(":: ", "::");
        for piece in text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
            let segments: Vec<_> = piece.split("::").map(str::to_owned).collect();
            if segments.len() > 1 {
                self.path(&segments);
            }
        }
        visit::visit_macro(self, call);
    }
}

/// Every wrong import below one module, and the rooms that were seen.
fn read(
    source: &Path,
    module: Vec<String>,
    file: &Path,
    faults: &mut Vec<String>,
    seen: &mut BTreeSet<String>,
) {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let syntax = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let is_root = file.file_name().is_some_and(|name| name == "mod.rs" || name == "lib.rs");
    let dir = if is_root { file.parent().unwrap().to_owned() } else { file.with_extension("") };
    let mut names = Names { module: module.clone(), dir: &dir, found: BTreeSet::new(), files: Vec::new() };
    names.visit_file(&syntax);
    if let Some(room) = module.first() {
        seen.insert(room.clone());
        for to in &names.found {
            if let Some(why) = wrong(room, to) {
                faults.push(format!("{}: {why}", file.strip_prefix(source).unwrap_or(file).display()));
            }
        }
    }
    for (module, file) in names.files {
        read(source, module, &file, faults, seen);
    }
}

#[test]
fn every_room_imports_only_from_the_floors_below_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut faults, mut seen) = (Vec::new(), BTreeSet::new());
    read(&source, vec![], &source.join("lib.rs"), &mut faults, &mut seen);
    assert!(faults.is_empty(), "imports against the floors:\n{}", faults.join("\n"));
    let known: BTreeSet<_> = FLOORS.iter().flat_map(|(_, names)| names.iter().cloned()).collect();
    assert_eq!(seen, known, "the table of floors and the rooms of src/lib.rs differ");
    assert!(FLOORS.is_sorted_by_key(|(floor, _)| *floor), "{FLOORS:?}");
    let together = ["incident", "post"].map(str::to_owned).to_vec();
    assert!(FLOORS.contains(&(0, together)), "one room with two doors: {FLOORS:?}");
}

#[test]
fn an_import_from_above_is_seen_however_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = dir.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    };
    write("lib.rs", "pub mod alert; pub mod chat; pub mod http; pub mod incident;");
    write(
        "alert.rs",
        "mod rules; #[cfg(test)] mod tests { use crate::desk::Desk; } fn f() { println!(\"{}\", crate::journal::N) }",
    );
    write("alert/rules.rs", "use super::super::card::Card; type T = sqlx::Error;");
    write("chat/mod.rs", "use crate::{http::api, people::Person}; fn g() { serenity::all(); }");
    write("http.rs", "fn h(desk: &crate::desk::Desk) { crate::cli::run(desk) }");
    write("incident.rs", "use crate::post::Approved; #[cfg(test)] mod tests;");
    let (mut faults, mut seen) = (Vec::new(), BTreeSet::new());
    read(dir.path(), vec![], &dir.path().join("lib.rs"), &mut faults, &mut seen);
    faults.sort();
    assert_eq!(
        faults,
        [
            "alert.rs: journal (floor 2) stands above alert (floor 0)",
            "alert/rules.rs: card (floor 1) stands above alert (floor 0)",
            "alert/rules.rs: only journal, cli may name sqlx",
            "chat/mod.rs: chat and http are doors, and no door knows another",
            "http.rs: cli (floor 5) stands above http (floor 4)",
        ]
    );
}
