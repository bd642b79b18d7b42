//! A serde deserializer over mapping values that knows what may be left out of a record, and says where one does not fit.

use crate::mapping::{shape, value};
use jaq_json::{Num, Val};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// A value does not fit a record. Holds field names and shapes, no values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// From the inside out while it is passed up.
    path: Vec<String>,
    problem: String,
}

/// One value that is to become a field. `None` when the mapping left it out.
pub(super) struct Reader<'a>(Option<&'a Val>);

impl<'a> Reader<'a> {
    /// Null counts as left out.
    pub(super) fn of(value: &'a Val) -> Self {
        Reader(Some(value).filter(|value| !value::is_null(value)))
    }

    fn expected(&self, what: &str) -> Misfit {
        match self.0 {
            None => Misfit::new("it is missing"),
            Some(value) => Misfit::new(format!("expected {what}, found {}", shape(value))),
        }
    }
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Misfit> {
        Err(self.expected("something else"))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Some(text @ Val::TStr(_)) => visitor.visit_string(value::text_of(text)),
            Some(number @ Val::Num(_)) => visitor.visit_string(value::decimal_text(number).map_err(Misfit::new)?),
            _ => Err(self.expected("text or a number")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_string(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            None => visitor.visit_bool(false),
            Some(Val::Bool(flag)) => visitor.visit_bool(*flag),
            _ => Err(self.expected("true or false")),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        let text = match self.0 {
            Some(number @ Val::Num(Num::Float(_))) => value::decimal_text(number).map_err(Misfit::new)?,
            Some(value @ (Val::Num(_) | Val::TStr(_))) => value::text_of(value),
            _ => return Err(self.expected("a whole number")),
        };
        visitor.visit_u64(text.parse().map_err(|_| self.expected("a whole number that is not negative"))?)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_u64(visitor)
    }

    /// Back ends write "" for what they do not know.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            None => visitor.visit_none(),
            Some(Val::TStr(text)) if text.is_empty() => visitor.visit_none(),
            Some(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            None => visitor.visit_seq(Items { rest: [].iter(), index: 0 }),
            Some(Val::Arr(items)) => visitor.visit_seq(Items { rest: items.iter(), index: 0 }),
            Some(Val::Obj(fields)) => visitor.visit_seq(Pairs { rest: fields.iter() }),
            _ => Err(self.expected("an array")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        let Some(Val::Obj(map)) = self.0 else { return Err(self.expected("an object")) };
        let unknown = map.keys().map(value::text_of).find(|name| !fields.contains(&name.as_str()));
        match unknown {
            Some(name) => Err(Misfit::new(format!("there is no field {name} here; the fields are {}", fields.join(", ")))),
            None => visitor.visit_map(Fields { object: self.0, rest: fields.iter(), current: "" }),
        }
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u128 f32 f64 char bytes byte_buf unit unit_struct newtype_struct tuple_struct map enum identifier ignored_any
    }
}

/// Every field of the record in turn, whether the object has it or not.
struct Fields<'a> {
    object: Option<&'a Val>,
    rest: std::slice::Iter<'static, &'static str>,
    current: &'static str,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        let Some(name) = self.rest.next() else { return Ok(None) };
        self.current = name;
        let key: StrDeserializer<'_, Misfit> = name.into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misfit> {
        let found = match self.object {
            Some(Val::Obj(map)) => map.get(&value::text(self.current)).filter(|value| !value::is_null(value)),
            _ => None,
        };
        seed.deserialize(Reader(found)).map_err(|misfit| misfit.inside(self.current.to_owned()))
    }
}

struct Items<'a> {
    rest: std::slice::Iter<'a, Val>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let Some(item) = self.rest.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(Reader::of(item)).map(Some).map_err(|misfit| misfit.inside(format!("[{index}]")))
    }
}

/// An object where the contract has a list of pairs: `ext`. Nulls are left out.
struct Pairs<'a, I: Iterator<Item = (&'a Val, &'a Val)>> {
    rest: I,
}

impl<'de, I: Iterator<Item = (&'de Val, &'de Val)>> SeqAccess<'de> for Pairs<'de, I> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let Some((name, field)) = self.rest.by_ref().find(|(_, field)| !value::is_null(field)) else { return Ok(None) };
        let pair = OnePair { sides: [name, field], taken: 0 };
        seed.deserialize(pair).map(Some).map_err(|misfit| misfit.inside(value::text_of(name)))
    }
}

struct OnePair<'a> {
    sides: [&'a Val; 2],
    taken: usize,
}

impl<'de> SeqAccess<'de> for OnePair<'de> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let Some(side) = self.sides.get(self.taken) else { return Ok(None) };
        self.taken += 1;
        seed.deserialize(Reader(Some(side))).map(Some)
    }
}

impl<'de> Deserializer<'de> for OnePair<'de> {
    type Error = Misfit;

    /// Only pairs of texts are read this way; a record here means that an object stands where a list of records belongs.
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Misfit> {
        Err(Misfit::new("expected an array, found an object"))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_seq(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq
        tuple_struct map struct enum identifier ignored_any
    }
}

impl Misfit {
    fn new(problem: impl Into<String>) -> Self {
        Misfit { path: Vec::new(), problem: problem.into() }
    }

    fn inside(mut self, step: String) -> Self {
        self.path.push(step);
        self
    }
}

impl std::fmt::Display for Misfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut path = String::new();
        for step in self.path.iter().rev() {
            if !path.is_empty() && !step.starts_with('[') {
                path.push('.');
            }
            path.push_str(step);
        }
        if path.is_empty() { f.write_str(&self.problem) } else { write!(f, "{path}: {}", self.problem) }
    }
}

impl std::error::Error for Misfit {}

impl serde::de::Error for Misfit {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Misfit::new(message.to_string())
    }
}
