//! The shape of a component's imports and exports as plain text, so that two can be compared. Aliases are followed, because components do not
//! keep the names of aliases of simple types.

use std::collections::{BTreeMap, BTreeSet};

use wit_parser::{Function, Interface, InterfaceId, Resolve, Type, TypeDef, TypeDefKind, TypeId, WorldId, WorldItem};

/// What a world imports and exports, by interface name: the contract's own without their version, so that versions can be compared.
#[derive(Debug, Default)]
pub(super) struct Face {
    pub imports: Interfaces,
    pub exports: Interfaces,
    /// Imports that are no interfaces.
    pub others: BTreeSet<String>,
}

pub(super) type Interfaces = BTreeMap<String, InterfaceShape>;

#[derive(Debug, Default)]
pub(super) struct InterfaceShape {
    /// With its version, as the component names it.
    pub full_name: String,
    pub functions: BTreeMap<String, Signature>,
    pub types: BTreeMap<String, TypeShape>,
}

/// Names and types of the parameters, and the result's type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signature {
    pub parameters: Vec<(String, String)>,
    pub result: Option<String>,
}

/// A type with named parts (record, variant, enum, flags), or another name for a type.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TypeShape {
    Parts { kind: &'static str, parts: Vec<(String, String)> },
    Alias(String),
}

impl Face {
    pub(super) fn of(resolve: &Resolve, world: WorldId) -> Self {
        let mut face = Self::default();
        let Some(world) = resolve.worlds.get(world) else { return face };
        for (key, item) in &world.imports {
            match item {
                WorldItem::Interface { id, .. } => insert(&mut face.imports, resolve, resolve.name_world_key(key), *id),
                WorldItem::Function(_) => drop(face.others.insert(resolve.name_world_key(key))),
                WorldItem::Type { .. } => {}
            }
        }
        for (key, item) in &world.exports {
            if let WorldItem::Interface { id, .. } = item {
                insert(&mut face.exports, resolve, resolve.name_world_key(key), *id);
            }
        }
        face
    }
}

fn insert(among: &mut Interfaces, resolve: &Resolve, full_name: String, id: InterfaceId) {
    let name = if is_ours(&full_name) { full_name.split('@').next().unwrap_or_default().to_owned() } else { full_name.clone() };
    among.insert(name, shape(resolve, full_name, id));
}

/// Of the contract's package, in any version.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with("ordergate:adapter/")
}

fn shape(resolve: &Resolve, full_name: String, id: InterfaceId) -> InterfaceShape {
    let Some(Interface { functions, types, .. }) = resolve.interfaces.get(id) else { return InterfaceShape::default() };
    InterfaceShape {
        full_name,
        functions: functions.iter().map(|(name, function)| (name.clone(), signature(resolve, function))).collect(),
        types: types.iter().filter_map(|(name, id)| Some((name.clone(), type_shape(resolve, *id)?))).collect(),
    }
}

fn signature(resolve: &Resolve, function: &Function) -> Signature {
    let parameters = function.params.iter().map(|parameter| (parameter.name.clone(), text(resolve, &parameter.ty))).collect();
    Signature { parameters, result: function.result.as_ref().map(|result| text(resolve, result)) }
}

fn type_shape(resolve: &Resolve, id: TypeId) -> Option<TypeShape> {
    let optional = |ty: &Option<Type>| ty.as_ref().map(|ty| text(resolve, ty)).unwrap_or_default();
    let parts = |kind, parts| TypeShape::Parts { kind, parts };
    Some(match &resolve.types.get(id)?.kind {
        TypeDefKind::Record(record) => {
            parts("record", record.fields.iter().map(|field| (field.name.clone(), text(resolve, &field.ty))).collect())
        }
        TypeDefKind::Variant(variant) => {
            parts("variant", variant.cases.iter().map(|case| (case.name.clone(), optional(&case.ty))).collect())
        }
        TypeDefKind::Enum(cases) => parts("enum", cases.cases.iter().map(|case| (case.name.clone(), String::new())).collect()),
        TypeDefKind::Flags(flags) => parts("flags", flags.flags.iter().map(|flag| (flag.name.clone(), String::new())).collect()),
        _ => TypeShape::Alias(text(resolve, &Type::Id(id))),
    })
}

/// A type as WIT writes it, aliases followed to what they stand for.
fn text(resolve: &Resolve, ty: &Type) -> String {
    match ty {
        Type::Bool => "bool".into(),
        Type::U8 => "u8".into(),
        Type::U16 => "u16".into(),
        Type::U32 => "u32".into(),
        Type::U64 => "u64".into(),
        Type::S8 => "s8".into(),
        Type::S16 => "s16".into(),
        Type::S32 => "s32".into(),
        Type::S64 => "s64".into(),
        Type::F32 => "f32".into(),
        Type::F64 => "f64".into(),
        Type::Char => "char".into(),
        Type::String => "string".into(),
        Type::ErrorContext => "error-context".into(),
        Type::Id(id) => resolve.types.get(*id).map(|definition| definition_text(resolve, definition)).unwrap_or_default(),
    }
}

fn definition_text(resolve: &Resolve, definition: &TypeDef) -> String {
    let of = |ty: &Type| text(resolve, ty);
    let optional = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "_".to_owned(), of);
    match &definition.kind {
        TypeDefKind::Type(ty) => of(ty),
        TypeDefKind::Option(ty) => format!("option<{}>", of(ty)),
        TypeDefKind::List(ty) => format!("list<{}>", of(ty)),
        TypeDefKind::Result(result) => format!("result<{}, {}>", optional(&result.ok), optional(&result.err)),
        TypeDefKind::Tuple(tuple) => format!("tuple<{}>", tuple.types.iter().map(of).collect::<Vec<_>>().join(", ")),
        kind => definition.name.clone().unwrap_or_else(|| kind.as_str().to_owned()),
    }
}
