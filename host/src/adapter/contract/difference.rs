//! Differences between the host's and an adapter's idea of one interface, in words.

use super::shape::{InterfaceShape, Signature, TypeShape};

/// An interface that the adapter calls: it may use less of it than there is.
pub(super) fn import(name: &str, ours: &InterfaceShape, theirs: &InterfaceShape, found: &mut Vec<String>) {
    types(name, ours, theirs, found);
    for (function, signature) in &theirs.functions {
        match ours.functions.get(function) {
            Some(expected) => found.extend(signature_difference(name, function, expected, signature)),
            None => found.push(format!("it calls {name}.{function}, which this host does not have")),
        }
    }
}

/// An interface that the host calls: all of it must be there.
pub(super) fn export(name: &str, ours: &InterfaceShape, theirs: &InterfaceShape, found: &mut Vec<String>) {
    types(name, ours, theirs, found);
    for (function, expected) in &ours.functions {
        match theirs.functions.get(function) {
            Some(signature) => found.extend(signature_difference(name, function, expected, signature)),
            None => found.push(format!("function {name}.{function} is missing")),
        }
    }
    let extra = theirs.functions.keys().filter(|function| !ours.functions.contains_key(*function));
    found.extend(extra.map(|function| format!("function {name}.{function} is not in this host's contract")));
}

/// Types that neither side's functions use may be absent from a component.
fn types(name: &str, ours: &InterfaceShape, theirs: &InterfaceShape, found: &mut Vec<String>) {
    for (ty, shape) in &theirs.types {
        match ours.types.get(ty) {
            Some(expected) => found.extend(type_difference(name, ty, expected, shape)),
            None => found.push(format!("type {name}.{ty} is not in this host's contract")),
        }
    }
}

fn signature_difference(name: &str, function: &str, ours: &Signature, theirs: &Signature) -> Option<String> {
    if ours == theirs {
        return None;
    }
    let (have, want) = (theirs.parameters.len(), ours.parameters.len());
    if have != want {
        let parameters = parts_text(&ours.parameters);
        return Some(format!("function {name}.{function} has {have} parameters, the host's has {want} ({parameters})"));
    }
    Some(format!("function {name}.{function} is {}, the host's is {}", signature_text(theirs), signature_text(ours)))
}

fn type_difference(name: &str, ty: &str, ours: &TypeShape, theirs: &TypeShape) -> Option<String> {
    let (TypeShape::Parts { kind, parts }, TypeShape::Parts { kind: their_kind, parts: their_parts }) = (ours, theirs) else {
        return (ours != theirs).then(|| format!("type {name}.{ty} is {}, the host's is {}", type_text(theirs), type_text(ours)));
    };
    if kind != their_kind {
        return Some(format!("{name}.{ty} is a {their_kind}, the host's is a {kind}"));
    }
    let has = |parts: &[(String, String)], name: &str| parts.iter().any(|(other, _)| other == name);
    if let Some((missing, _)) = parts.iter().find(|(part, _)| !has(their_parts, part)) {
        return Some(format!("{kind} {name}.{ty} has no {missing}"));
    }
    if let Some((extra, _)) = their_parts.iter().find(|(part, _)| !has(parts, part)) {
        return Some(format!("{kind} {name}.{ty} has {extra}, which the host's has not"));
    }
    let changed = parts.iter().zip(their_parts).find(|(ours, theirs)| ours != theirs);
    changed.map(|((part, ours), (their_part, theirs))| match part == their_part {
        true => format!("{part} of {kind} {name}.{ty} is {theirs}, the host's is {ours}"),
        false => format!("{kind} {name}.{ty} has {their_part} where the host's has {part}"),
    })
}

fn signature_text(signature: &Signature) -> String {
    let result = signature.result.as_ref().map(|result| format!(" -> {result}")).unwrap_or_default();
    format!("func({}){result}", parts_text(&signature.parameters))
}

fn type_text(shape: &TypeShape) -> String {
    match shape {
        TypeShape::Alias(text) => text.clone(),
        TypeShape::Parts { kind, parts } => format!("{kind} {{ {} }}", parts_text(parts)),
    }
}

fn parts_text(parts: &[(String, String)]) -> String {
    let part = |(name, ty): &(String, String)| if ty.is_empty() { name.clone() } else { format!("{name}: {ty}") };
    parts.iter().map(part).collect::<Vec<_>>().join(", ")
}
