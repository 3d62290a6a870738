//! Items in one form.

use quote::ToTokens;
use syn::{Attribute, Fields, ImplItem, Item, TraitItem, Type};

use super::tree::{Key, Tree, is_hidden, is_public, named};

/// An item with everything that belongs to it, one a line.
pub fn item(tree: &Tree, key: &Key, path: &str) -> String {
    let found = tree.items().find(|(module, item)| *module == key.0 && named(item).is_some_and(|(n, _)| n == key.1));
    let (_, item) = found.unwrap();
    let mut text = String::new();
    let mut line = |indent: &str, what: String| text += &format!("{indent}{what}\n");
    match item {
        Item::Const(item) => line("", format!("const {path}: {}", shown(&item.ty))),
        Item::Static(item) => line("", format!("static {path}: {}", shown(&item.ty))),
        Item::Type(item) => line("", format!("type {path}{} = {}", shown(&item.generics), shown(&item.ty))),
        Item::Fn(item) => {
            let signature = shown(&item.sig);
            let name = item.sig.ident.to_string();
            line("", signature.replacen(&format!("fn {name}"), &format!("fn {path}"), 1));
        }
        Item::Struct(item) => {
            line("", format!("{}struct {path}{}", growing(&item.attrs), shown(&item.generics)));
            fields(&item.fields).into_iter().for_each(|field| line("    ", field));
            derived(&item.attrs).into_iter().for_each(|name| line("    ", format!("impl {name}")));
        }
        Item::Enum(item) => {
            line("", format!("{}enum {path}{}", growing(&item.attrs), shown(&item.generics)));
            for variant in item.variants.iter().filter(|variant| !is_hidden(&variant.attrs)) {
                line("    ", format!("{}{}", variant.ident, inside(&variant.fields)));
            }
            derived(&item.attrs).into_iter().for_each(|name| line("    ", format!("impl {name}")));
        }
        Item::Trait(item) => {
            let above = item.supertraits.to_token_stream();
            line("", format!("trait {path}{}: {}", shown(&item.generics), shown(&above)));
            for inner in &item.items {
                if let TraitItem::Fn(inner) = inner
                    && !is_hidden(&inner.attrs)
                {
                    let provided = if inner.default.is_some() { " { .. }" } else { "" };
                    line("    ", format!("{}{provided}", shown(&inner.sig)));
                }
            }
        }
        _ => {}
    }
    for (module, item) in tree.items() {
        match item {
            Item::Impl(of) if tree.find(module, &path_of(&of.self_ty)).as_ref() == Some(key) => match &of.trait_ {
                Some((_, of_trait, _)) => line("    ", format!("impl{} {}", shown(&of.generics), shown(of_trait))),
                None => of.items.iter().filter_map(own).for_each(|own| line("    ", own)),
            },
            // What it makes can't be seen here.
            Item::Macro(made) if made.ident.is_none() && module[..1] == key.0[..1] => {
                let names = |word: &str| made.mac.tokens.to_string().split_whitespace().any(|part| part == word);
                if names(&key.1) {
                    line("    ", shown(&made.mac));
                }
            }
            _ => {}
        }
    }
    text
}

/// A public item of an `impl`.
fn own(item: &ImplItem) -> Option<String> {
    match item {
        ImplItem::Fn(item) if is_public(&item.vis) && !is_hidden(&item.attrs) => Some(shown(&item.sig)),
        ImplItem::Const(item) if is_public(&item.vis) && !is_hidden(&item.attrs) => {
            Some(format!("const {}: {}", item.ident, shown(&item.ty)))
        }
        _ => None,
    }
}

/// What a variant has inside.
fn inside(fields: &Fields) -> String {
    let types = fields.iter().map(|field| match &field.ident {
        Some(name) => format!("{name}: {}", shown(&field.ty)),
        None => shown(&field.ty),
    });
    let types = types.collect::<Vec<_>>().join(", ");
    match fields {
        Fields::Unit => String::new(),
        Fields::Unnamed(_) => format!("({types})"),
        Fields::Named(_) => format!(" {{ {types} }}"),
    }
}

/// The public fields.
fn fields(fields: &Fields) -> Vec<String> {
    let public = fields.iter().enumerate().filter(|(_, field)| is_public(&field.vis) && !is_hidden(&field.attrs));
    public
        .map(|(index, field)| {
            let name = field.ident.as_ref().map_or_else(|| index.to_string(), ToString::to_string);
            format!("{name}: {}", shown(&field.ty))
        })
        .collect()
}

fn growing(attributes: &[Attribute]) -> &'static str {
    if attributes.iter().any(|attribute| attribute.path().is_ident("non_exhaustive")) { "non_exhaustive " } else { "" }
}

/// The traits that are derived.
fn derived(attributes: &[Attribute]) -> Vec<String> {
    let lists = attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
    let lists = lists.filter_map(|attribute| attribute.meta.require_list().ok());
    let mut names: Vec<String> = lists.flat_map(|list| split(&shown(&list.tokens))).collect();
    names.sort_unstable();
    names
}

fn split(list: &str) -> Vec<String> {
    list.split(", ").map(|name| name.trim_end_matches(',').to_owned()).collect()
}

/// The path of a type.
fn path_of(of: &Type) -> Vec<String> {
    match of {
        Type::Path(of) => of.path.segments.iter().map(|segment| segment.ident.to_string()).collect(),
        _ => Vec::new(),
    }
}

/// Tokens with the usual spaces between them.
fn shown(tokens: &impl ToTokens) -> String {
    const CLOSER: [(&str, &str); 23] = [
        (" :: ", "::"),
        (":: ", "::"),
        (" ::", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" <", "<"),
        (" > ", "> "),
        (" >", ">"),
        ("> (", ">("),
        ("& ", "&"),
        (" ,", ","),
        (",)", ")"),
        (",>", ">"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" ;", ";"),
        (" . ", "."),
        ("=(", "= ("),
        (" : ", ": "),
        ("[ ", "["),
        (" ]", "]"),
        (" !(", "!("),
    ];
    let text = tokens.to_token_stream().to_string().replace('\n', " ");
    CLOSER
        .iter()
        .fold(text, |text, (wide, close)| text.replace(wide, close))
        .replace("->(", "-> (")
        .replace("->[", "-> [")
        .replace("->&", "-> &")
}
