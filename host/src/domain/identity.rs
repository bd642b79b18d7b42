//! Names and numbers, each its own type, so that an account can never be passed where a SKU is meant.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use utoipa::ToSchema;
use uuid::Uuid;

// Cheap to clone: texts up to 23 bytes, which most are, lie in the value itself, longer ones are shared.
macro_rules! text_newtype {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String)]
        pub struct $name(SmolStr);

        impl $name {
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(SmolStr::new(text))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(SmolStr::from(text))
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )+};
}

text_newtype! {
    /// The seller's number of an item.
    Sku;
    /// The customer's number in the back end (sold-to).
    AccountNumber;
    /// A warehouse, plant or shop, by the back end's code.
    Location;
    /// A store as the operator named it.
    StoreName;
    /// An adapter as the operator named it.
    AdapterName;
    /// A reason to hold an order back, as the operator named it.
    HoldCode;
    /// An outbound address that the operator bound.
    EndpointName;
    /// A receiver of events as the operator named it.
    WebhookName;
    /// The number that the back end gave to an order or quote.
    BackendNumber;
    /// Our identity of an order or quote: unique, sortable by time, the same in every transfer attempt (rule T2).
    Reference;
    /// Identity of a checkout and its seal.
    CheckoutId;
}

/// A text that is not a reference.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a reference is one letter and 26 letters or digits")]
pub struct ReferenceError;

impl Reference {
    /// A new order reference: `O` and 26 characters (a version 7 UUID in Crockford base 32). 27 characters fit SAP's 35-character
    /// customer reference.
    pub fn new_order() -> Self {
        Self::new(format!("O{}", sortable_id()))
    }

    /// A new quote reference: `Q` and 26 characters.
    pub fn new_quote() -> Self {
        Self::new(format!("Q{}", sortable_id()))
    }

    /// Whether it is a quote's.
    pub fn is_quote(&self) -> bool {
        self.as_str().starts_with('Q')
    }

    /// Checks the form of a reference that came from outside.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let well_formed = text.len() == 27 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if well_formed { Ok(Self::new(text)) } else { Err(ReferenceError) }
    }
}

impl CheckoutId {
    /// `C` and 26 characters.
    pub fn generate() -> Self {
        Self::new(format!("C{}", sortable_id()))
    }
}

/// A version 7 UUID as 26 characters of Crockford base 32: sorts by time, no letters that are mistaken for digits.
fn sortable_id() -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let bits = Uuid::now_v7().as_u128();
    (0..26)
        .rev()
        .map(|position| char::from(ALPHABET.get(((bits >> (position * 5)) & 31) as usize).copied().unwrap_or(b'0')))
        .collect()
}

/// Most characters of an identifier that comes from outside.
pub const MAX_ID_CHARACTERS: usize = 128;

/// Whether a text from outside can be an identifier: neither blank nor long, without control characters. A back end that is asked for an empty
/// account might answer for all.
pub fn is_identifier(text: &str) -> bool {
    // No character takes more than 4 bytes: a long text is not counted out.
    let is_short =
        text.len() <= MAX_ID_CHARACTERS || (text.len() <= 4 * MAX_ID_CHARACTERS && text.chars().count() <= MAX_ID_CHARACTERS);
    is_short && !text.trim().is_empty() && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t2_references_are_unique_well_formed_and_sort_by_time() {
        let references: Vec<_> = (0..1000).map(|_| Reference::new_order()).collect();
        assert!(references.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(references.iter().all(|reference| Reference::parse(reference.as_str()).as_ref() == Ok(reference)));
    }

    #[test]
    fn a_reference_with_foreign_characters_is_refused() {
        for text in ["", "O", "o0000000000000000000000000", "O00000000000000000000000000'", "O0000000000000000000000000000"] {
            assert_eq!(Reference::parse(text), Err(ReferenceError), "{text}");
        }
    }
}
