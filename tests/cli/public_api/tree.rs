//! The modules of the crate, and what names in them mean.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use syn::{Attribute, Item, ItemMacro, UseTree, Visibility};

/// An item where it is defined: its module and its name.
pub type Key = (Vec<String>, String);

/// A name that `use` brings into a module.
struct Import {
    name: String,
    path: Vec<String>,
    public: bool,
}

/// One module.
#[derive(Default)]
struct Module {
    items: Vec<Item>,
    imports: Vec<Import>,
    /// Modules inside of it, and whether they are public.
    modules: BTreeMap<String, bool>,
}

/// What a path leads to.
enum Found {
    Item(Key),
    Module(Vec<String>),
}

/// All modules, by their paths from the root of the crate.
pub struct Tree(BTreeMap<Vec<String>, Module>);

impl Tree {
    /// Reads the crate in this folder.
    pub fn read(src: &Path) -> Tree {
        let mut tree = Tree(BTreeMap::new());
        let items = parse(&src.join("lib.rs"));
        tree.add(Vec::new(), items, src);
        tree
    }

    /// Adds a module; `folder` has the files of those inside.
    fn add(&mut self, path: Vec<String>, items: Vec<Item>, folder: &Path) {
        let mut module = Module::default();
        for item in items {
            if is_left_out(attributes(&item)) {
                continue;
            }
            match item {
                Item::Mod(inner) => {
                    let name = inner.ident.to_string();
                    let public = is_public(&inner.vis) && !is_hidden(&inner.attrs);
                    module.modules.insert(name.clone(), public);
                    let folder = folder.join(&name);
                    let items = match inner.content {
                        Some((_, items)) => items,
                        None if folder.join("mod.rs").is_file() => parse(&folder.join("mod.rs")),
                        None => parse(&folder.with_extension("rs")),
                    };
                    self.add([path.clone(), vec![name]].concat(), items, &folder);
                }
                Item::Use(used) => {
                    let public = is_public(&used.vis) && !is_hidden(&used.attrs);
                    flatten(&used.tree, &mut Vec::new(), &mut |path, name| {
                        module.imports.push(Import { name, path, public });
                    });
                }
                Item::Macro(made) if let Some(inner) = written_out(&made) => module.items.push(inner),
                item => module.items.push(item),
            }
        }
        self.0.insert(path, module);
    }

    /// Tells all public items and their public paths.
    pub fn public(&self, tell: &mut dyn FnMut(Key, String)) {
        self.public_in(&[], "pagemill", tell);
    }

    fn public_in(&self, module: &[String], shown: &str, tell: &mut dyn FnMut(Key, String)) {
        let Some(here) = self.0.get(module) else { return };
        for item in &here.items {
            if let Some((name, vis)) = named(item)
                && is_public(vis)
                && !is_hidden(attributes(item))
            {
                tell((module.to_vec(), name.clone()), format!("{shown}::{name}"));
            }
        }
        for (name, _) in here.modules.iter().filter(|(_, public)| **public) {
            self.public_in(&[module, std::slice::from_ref(name)].concat(), &format!("{shown}::{name}"), tell);
        }
        for import in here.imports.iter().filter(|import| import.public) {
            let shown = format!("{shown}::{}", import.name);
            match self.resolve(module, &import.path) {
                Some(Found::Item(key)) => tell(key, shown),
                Some(Found::Module(inner)) => self.public_in(&inner, &shown, tell),
                None => {}
            }
        }
    }

    /// The item that a path in a module means; none: one of another crate.
    pub fn find(&self, module: &[String], path: &[String]) -> Option<Key> {
        match self.resolve(module, path)? {
            Found::Item(key) => Some(key),
            Found::Module(_) => None,
        }
    }

    fn resolve(&self, module: &[String], path: &[String]) -> Option<Found> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => return self.resolve(&[], rest),
            "self" => return self.resolve(module, rest),
            "super" if rest.is_empty() => return Some(Found::Module(module[..module.len() - 1].to_vec())),
            "super" => return self.resolve(&module[..module.len() - 1], rest),
            _ => {}
        }
        let here = self.0.get(module)?;
        if here.modules.contains_key(first) {
            let inner = [module, std::slice::from_ref(first)].concat();
            return if rest.is_empty() { Some(Found::Module(inner)) } else { self.resolve(&inner, rest) };
        }
        if rest.is_empty() && here.items.iter().any(|item| named(item).is_some_and(|(name, _)| name == *first)) {
            return Some(Found::Item((module.to_vec(), first.clone())));
        }
        // A name that leads to itself is one of another crate.
        let import = here.imports.iter().find(|import| import.name == *first && import.path[0] != *first)?;
        self.resolve(module, &[&import.path, rest].concat())
    }

    /// All items, each with its module.
    pub fn items(&self) -> impl Iterator<Item = (&[String], &Item)> {
        self.0.iter().flat_map(|(path, module)| module.items.iter().map(move |item| (&path[..], item)))
    }
}

/// The type that a macro is given as it makes it, with more of its own.
fn written_out(made: &ItemMacro) -> Option<Item> {
    let inner = syn::parse2::<Item>(made.mac.tokens.clone()).ok()?;
    matches!(inner, Item::Enum(_)).then_some(inner)
}

fn parse(file: &Path) -> Vec<Item> {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display())).items
}

/// The names that a `use` brings, each with the whole path.
fn flatten(tree: &UseTree, path: &mut Vec<String>, tell: &mut dyn FnMut(Vec<String>, String)) {
    match tree {
        UseTree::Path(inner) => {
            path.push(inner.ident.to_string());
            flatten(&inner.tree, path, tell);
            path.pop();
        }
        UseTree::Name(name) if name.ident == "self" => tell(path.clone(), path.last().unwrap().clone()),
        UseTree::Name(name) => tell([&path[..], &[name.ident.to_string()]].concat(), name.ident.to_string()),
        UseTree::Rename(to) => tell([&path[..], &[to.ident.to_string()]].concat(), to.rename.to_string()),
        UseTree::Group(group) => group.items.iter().for_each(|inner| flatten(inner, path, tell)),
        // Only tests use these.
        UseTree::Glob(_) => {}
    }
}

/// The name of an item, and who sees it.
pub fn named(item: &Item) -> Option<(String, &Visibility)> {
    let (ident, vis) = match item {
        Item::Const(item) => (&item.ident, &item.vis),
        Item::Enum(item) => (&item.ident, &item.vis),
        Item::Fn(item) => (&item.sig.ident, &item.vis),
        Item::Static(item) => (&item.ident, &item.vis),
        Item::Struct(item) => (&item.ident, &item.vis),
        Item::Trait(item) => (&item.ident, &item.vis),
        Item::Type(item) => (&item.ident, &item.vis),
        Item::Union(item) => (&item.ident, &item.vis),
        _ => return None,
    };
    Some((ident.to_string(), vis))
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

pub fn is_public(vis: &Visibility) -> bool {
    matches!(vis, Visibility::Public(_))
}

pub fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("doc")
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "hidden")
    })
}

/// Whether it is there for tests, for the documentation, or for other systems only.
fn is_left_out(attributes: &[Attribute]) -> bool {
    let cfg = |attribute: &&Attribute| attribute.path().is_ident("cfg");
    attributes.iter().filter(cfg).any(|attribute| {
        let of = attribute.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default();
        ["test", "doc", "not (unix)", "not (target_os = \"linux\")"].contains(&of.as_str())
    })
}
