//! What a component consists of: its core modules, and what an instance of it begins with. Counted from the file's sections; nothing is compiled.
//! For `ordergate adapter inspect`.

use serde::{Deserialize, Serialize};
use wasmparser::{BinaryReaderError, Parser, Payload};

/// Bytes of a page of linear memory.
const PAGE_BYTES: u64 = 64 * 1024;

/// Sums over all core modules of a component, nested ones included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anatomy {
    pub core_modules: u64,
    /// Linear memory before the first call, in bytes.
    pub memory_bytes: u64,
    pub tables: u64,
    /// Elements of all tables before the first call.
    pub table_elements: u64,
}

/// Counts a component's parts.
pub(super) fn anatomy(file: &[u8]) -> Result<Anatomy, AnatomyError> {
    let mut found = Anatomy::default();
    for payload in Parser::new(0).parse_all(file) {
        match payload? {
            Payload::ModuleSection { .. } => found.core_modules += 1,
            Payload::MemorySection(memories) => {
                for memory in memories {
                    let bytes = memory?.initial.saturating_mul(PAGE_BYTES);
                    found.memory_bytes = found.memory_bytes.saturating_add(bytes);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    found.tables += 1;
                    found.table_elements = found.table_elements.saturating_add(table?.ty.initial);
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// The file is no readable component.
#[derive(Debug, thiserror::Error)]
#[error("the file cannot be read as a component: {0}")]
pub(super) struct AnatomyError(#[from] BinaryReaderError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_memories_and_tables_are_counted_wherever_they_are_nested() {
        let component = wat::parse_str(
            "(component
                (core module (memory 2) (table 10 funcref))
                (component (core module (memory 1) (table 3 funcref) (table 4 funcref))))",
        )
        .unwrap();
        let expected = Anatomy { core_modules: 2, memory_bytes: 3 * PAGE_BYTES, tables: 3, table_elements: 17 };
        assert_eq!(anatomy(&component).unwrap(), expected);
    }

    #[test]
    fn a_damaged_file_is_no_component() {
        assert!(anatomy(b"\0asm\x0d\0\x01\0garbage").is_err());
    }
}
